// How a client is connected, for programs that want to know.
export {};
//# sourceMappingURL=state.js.map
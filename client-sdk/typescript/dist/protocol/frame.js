// Frames: what client and broker say to each other. Fields are named as on the wire.
export {};
//# sourceMappingURL=frame.js.map
// Requests that the broker answers by `id`.
/** Whether it may be sent again though the broker may have dealt with it: a question, or a message with a key. */
export function isRepeatable(call) {
    return call.op !== "publish" || call.key !== undefined;
}
export function frameOf(call, id) {
    return { ...call, id };
}
//# sourceMappingURL=call.js.map
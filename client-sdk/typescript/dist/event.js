// What a subscription tells its reader, in order.
/** What an event counts for in a buffer beside its message, in bytes. */
const EVENT_BYTES = 128;
/** What an event counts for in a buffer, in bytes. */
export function sizeOf(event) {
    return EVENT_BYTES + (event.type === "message" ? event.message.sizeBytes() : 0);
}
/** What is missing, in words. */
export function gapText({ reason, stream, from, to, count }) {
    const some = count === 1 ? "1 message is" : count === undefined ? "messages may be" : `${count} messages are`;
    const range = from !== undefined && to !== undefined
        ? `, ${from} to ${to}`
        : from !== undefined
            ? `, from ${from} on`
            : to !== undefined
                ? `, up to ${to}`
                : "";
    return `${some} missing${range}${stream === undefined ? "" : ` of stream ${stream}`} (${reason})`;
}
//# sourceMappingURL=event.js.map
// What a program may choose, with the defaults.
/** Where to begin, as the wire says it. */
export function wireFrom(from) {
    return typeof from === "object" && "time" in from ? { time: Number(from.time) } : from;
}
//# sourceMappingURL=options.js.map
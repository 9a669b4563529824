// Positions: where a subscription stands in each stream that its pattern meets.
/** A record that holds any name, `__proto__` too. */
export function record() {
    return Object.create(null);
}
/** The position with one stream at least as far as `seq`; the same if the stream is not in it. */
export function advanced(position, stream, seq) {
    const here = position[stream];
    if (here === undefined || here.seq >= seq)
        return position;
    const moved = Object.assign(record(), position);
    moved[stream] = { epoch: here.epoch, seq };
    return moved;
}
//# sourceMappingURL=position.js.map
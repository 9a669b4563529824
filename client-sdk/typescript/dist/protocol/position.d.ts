/** Where a subscription stands in one stream. */
export interface StreamPosition {
    /** One incarnation of the stream's numbering. */
    readonly epoch: string;
    /** The last sequence dealt with; 0 before the first. */
    readonly seq: number;
}
/** Where a subscription stands, stream by stream. Plain data: keep it with `JSON.stringify`. */
export type Position = Readonly<Record<string, StreamPosition>>;
/** A record that holds any name, `__proto__` too. */
export declare function record<V>(): Record<string, V>;
/** The position with one stream at least as far as `seq`; the same if the stream is not in it. */
export declare function advanced(position: Position, stream: string, seq: number): Position;

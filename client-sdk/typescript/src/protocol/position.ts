// Positions: where a subscription stands in each stream that its pattern meets.

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
export function record<V>(): Record<string, V> {
  return Object.create(null) as Record<string, V>;
}

/** The position with one stream at least as far as `seq`; the same if the stream is not in it. */
export function advanced(position: Position, stream: string, seq: number): Position {
  const here = position[stream];
  if (here === undefined || here.seq >= seq) return position;
  const moved = Object.assign(record<StreamPosition>(), position);
  moved[stream] = { epoch: here.epoch, seq };
  return moved;
}

// Points over time, bounded: what a chart shows. Pure.

/** What was so at a time. A value that is not known leaves a hole. */
export interface Point<V> {
  /** Milliseconds since 1970. */
  readonly t: number;
  readonly v: V;
}

/** The newest points, in the order of time. */
export class Series<V> {
  readonly #most: number;
  #points: Point<V>[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  push(t: number, v: V): void {
    this.#points.push({ t, v });
    if (this.#points.length > this.#most) this.#points.shift();
  }

  /** The points from a time on, and the one before, so that a line reaches the edge. */
  since(t: number): readonly Point<V>[] {
    const first = this.#points.findIndex((point) => point.t >= t);
    return first < 0 ? [] : this.#points.slice(Math.max(0, first - 1));
  }

  get first(): Point<V> | undefined {
    return this.#points[0];
  }

  get last(): Point<V> | undefined {
    return this.#points.at(-1);
  }

  get length(): number {
    return this.#points.length;
  }
}

/** Runs of known values without a hole; a time over `holeMs` between two points is one. */
export function runs<V>(
  points: readonly Point<V>[],
  pick: (v: V) => number | undefined,
  holeMs: number,
): Point<number>[][] {
  const found: Point<number>[][] = [];
  let before: number | undefined;
  for (const { t, v } of points) {
    const value = pick(v);
    if (value !== undefined) {
      const run = before !== undefined && t - before <= holeMs ? found.at(-1) : undefined;
      if (run === undefined) found.push([{ t, v: value }]);
      else run.push({ t, v: value });
    }
    before = value === undefined ? undefined : t;
  }
  return found;
}

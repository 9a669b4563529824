// Sorting a table's rows. Pure.

export type Direction = "ascending" | "descending";

export interface Sorting<K extends string> {
  readonly by: K;
  readonly direction: Direction;
}

type Sortable = string | number | undefined;

/** The rows in order; what has no value comes last, and equal rows stay as they were. */
export function sorted<T, K extends string>(
  rows: readonly T[],
  { by, direction }: Sorting<K>,
  pick: (row: T, by: K) => Sortable,
): T[] {
  const sign = direction === "ascending" ? 1 : -1;
  return rows
    .map((row, at) => ({ row, at, value: pick(row, by) }))
    .sort((a, b) => compare(a.value, b.value, sign) || a.at - b.at)
    .map(({ row }) => row);
}

/** What a press on a column's head asks for: that column, its better way first; the other way, if it is sorted by it. */
export function pressed<K extends string>(now: Sorting<K>, by: K, first: Direction): Sorting<K> {
  if (now.by !== by) return { by, direction: first };
  return { by, direction: now.direction === "ascending" ? "descending" : "ascending" };
}

function compare(a: Sortable, b: Sortable, sign: number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

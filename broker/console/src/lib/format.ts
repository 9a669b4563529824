// Numbers, sizes and times as people read them. Pure.

const GROUPED = new Intl.NumberFormat("en");
const STEPS = ["", "k", "M", "G", "T"];
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Every digit: 12,345. */
export const count = (n: number): string => GROUPED.format(Math.round(n));

/** A count with its word. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** Three digits at most: 980, 12.3k, 1.2M. */
export const short = (n: number): string => {
  const { text, unit } = scaled(n, 1_000, STEPS);
  return text + unit;
};

/** Bytes: 512 B, 1.5 KiB. */
export const bytes = (n: number): string => {
  const { text, unit } = scaled(n, 1_024, SIZES);
  return `${text} ${unit}`;
};

/** Bytes a second. */
export const byteRate = (n: number): string => `${bytes(n)}/s`;

/** Milliseconds as such, or what is easier to read: 0.25 ms, 12 ms, 1.5 s. */
export function millis(ms: number): string {
  if (ms < 1_000) return `${digits(ms)} ms`;
  return ms < 60_000 ? `${digits(ms / 1_000)} s` : span(ms);
}

/** A time of life in its two largest units: 42 s, 3 min 5 s, 2 h 10 min, 5 d 3 h. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return "0 s";
  const two = parts.slice(first, first + 2).filter(([n]) => n > 0);
  return two.map(([n, unit]) => `${n} ${unit}`).join(" ");
}

/** The time of day, of this machine: 12:03:04. */
export const clock = (ms: number): string => timeOf(new Date(ms));

/** The same to the millisecond. */
export const clockMs = (ms: number): string =>
  `${timeOf(new Date(ms))}.${String(new Date(ms).getMilliseconds()).padStart(3, "0")}`;

/** Part of a whole: 0 %, < 1 %, 42 %. */
export function percent(part: number): string {
  const n = 100 * part;
  return n > 0 && n < 1 ? "< 1 %" : `${Math.round(n)} %`;
}

/** At most three digits that count, and no zeros behind them. */
export function digits(n: number): string {
  if (n === 0 || !Number.isFinite(n)) return "0";
  if (Math.abs(n) >= 100) return count(n);
  return String(Number(n.toPrecision(Math.abs(n) < 10 ? 2 : 3)));
}

function scaled(n: number, base: number, units: readonly string[]): { text: string; unit: string } {
  let at = 0;
  // What would be rounded up to the next unit is told in it.
  while (Math.abs(n) >= base - 0.5 && at < units.length - 1) {
    n /= base;
    at += 1;
  }
  return { text: at === 0 ? wholeOrOne(n) : digits(n), unit: units[at] ?? "" };
}

/** Small rates keep one digit behind the point. */
const wholeOrOne = (n: number): string =>
  Number.isInteger(n) || Math.abs(n) >= 10 ? String(Math.round(n)) : String(Math.round(n * 10) / 10);

const timeOf = (time: Date): string =>
  [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");

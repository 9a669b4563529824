// Where a chart's axis has its marks. Pure.

/** What is counted decides which numbers are round. */
export type Unit = "count" | "bytes" | "ms";

const TENTHS = [1, 2, 2.5, 5, 10];
const HALVES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];

/** Marks from 0 to the first that is not below `max`: at most four steps of a round size. */
export function marks(max: number, unit: Unit): number[] {
  const step = unit === "bytes" ? byteStep(max / 4) : decimalStep(max / 4, unit === "count");
  const steps = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: steps + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/** The smallest round number that is not below this one. */
function decimalStep(least: number, whole: boolean): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const fits = TENTHS.find((tenth) => tenth * power >= least * (1 - 1e-9)) ?? 10;
  const step = fits * power;
  return whole ? Math.max(1, Math.ceil(step)) : step;
}

function byteStep(least: number): number {
  if (least <= 1) return 1;
  const power = 1_024 ** Math.floor(Math.log2(least) / 10);
  return (HALVES.find((half) => half * power >= least) ?? 1_024) * power;
}

/** Times between marks of the time axis, in milliseconds. */
const TIME_STEPS_MS = [15, 30, 60, 120, 300].map((seconds) => seconds * 1_000);

/** Marks of a time axis: how long ago, from now back; at most `most` of them. */
export function timeMarks(spanMs: number, most: number): number[] {
  const step = TIME_STEPS_MS.find((step) => spanMs / step <= most) ?? spanMs;
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, n) => n * step);
}

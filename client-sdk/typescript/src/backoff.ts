// Growing pauses between tries. Each is random up to a ceiling, so that many clients don't come back all at once.

/** The ceiling of the first pause, and that of all, in milliseconds; between them it doubles with each failure. */
export interface Backoff {
  readonly first: number;
  readonly max: number;
}

/** The pause after this many failures before; `random` is evenly spread from 0 to below 1. */
export function pauseAfter(backoff: Backoff, failures: number, random: number): number {
  return Math.min(backoff.first * 2 ** failures, backoff.max) * random;
}

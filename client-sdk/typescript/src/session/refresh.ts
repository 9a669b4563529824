// When a session needs a new token: before the broker ends it because the old one has expired.

import { MIN_REFRESH_PAUSE, REFRESH_PART } from "../limits.js";

/** The token of one connection. */
export class Refresh {
  readonly #renews: boolean;
  /** When a new token is wanted; never is infinite. */
  due = Infinity;
  /** Times that there was none, or it was not accepted. */
  failures = 0;

  /** Whether another token can be had at all. */
  constructor(renews: boolean) {
    this.#renews = renews;
  }

  /** The broker says how long the token lasts, if it expires. */
  lasts(now: number, expiresIn = Infinity): void {
    this.failures = 0;
    this.due = this.#renews ? now + Math.max(expiresIn * REFRESH_PART, MIN_REFRESH_PAUSE) : Infinity;
  }
}

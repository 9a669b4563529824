// When a session needs a new token: before the broker ends it because the old one has expired.

import { MIN_REFRESH_PAUSE, REFRESH_PART } from "../limits.js";

/** The token of one connection. */
export class Refresh {
  readonly #renews: boolean;
  #due: number | undefined;
  #failures = 0;

  /** Whether another token can be had at all. */
  constructor(renews: boolean) {
    this.#renews = renews;
  }

  /** The broker says how long the token lasts, if it expires. */
  lasts(now: number, expiresIn: number | undefined): void {
    this.#failures = 0;
    const pause = expiresIn && Math.max(expiresIn * REFRESH_PART, MIN_REFRESH_PAUSE);
    this.#due = this.#renews && pause !== undefined ? now + pause : undefined;
  }

  /** There was no token, or it was not accepted: how often that was so before. */
  failed(): number {
    return this.#failures++;
  }

  /** Asks for a token at this time. */
  retryAt(at: number): void {
    this.#due = at;
  }

  /** No token is wanted, for one is asked for already or there is no connection. */
  stop(): void {
    this.#due = undefined;
  }

  due(): number | undefined {
    return this.#due;
  }
}

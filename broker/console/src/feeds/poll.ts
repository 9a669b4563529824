// Asking again and again, while somebody looks: one request at a time, and none from a hidden page.

import { type Denial, denialOf } from "./denial.js";

export class Poll<T> {
  readonly #ask: () => Promise<T>;
  readonly #everyMs: number;
  readonly #wanted: () => boolean;
  readonly #changed: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows when what is under way is not wanted any more. */
  #turn = 0;
  /** The newest answer; it stays when a later request fails. */
  value: T | undefined;
  /** When that came. */
  at = 0;
  denial: Denial | undefined;

  constructor(ask: () => Promise<T>, everyMs: number, wanted: () => boolean, changed: () => void) {
    this.#ask = ask;
    this.#everyMs = everyMs;
    this.#wanted = wanted;
    this.#changed = changed;
  }

  /** Asks now, and then at its pace. With `forget` nothing of before is shown meanwhile. */
  refresh(forget = false): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    if (forget) {
      this.value = undefined;
      this.denial = undefined;
    }
    if (this.#wanted()) void this.#once(this.#turn);
  }

  async #once(turn: number): Promise<void> {
    let value: T | undefined;
    let denial: Denial | undefined;
    try {
      value = await this.#ask();
    } catch (error) {
      denial = denialOf(error);
    }
    if (turn !== this.#turn) return;
    this.denial = denial;
    if (value !== undefined) {
      this.value = value;
      this.at = Date.now();
    } else if (denial?.kind !== "trouble") {
      // What one may not see any more is not shown any more.
      this.value = undefined;
    }
    this.#changed();
    // Who is refused does not ask again until something changes: each refusal stands in the broker's log.
    if (denial !== undefined && denial.kind !== "trouble") return;
    this.#timer = setTimeout(() => {
      if (this.#wanted()) void this.#once(turn);
    }, this.#everyMs);
  }
}

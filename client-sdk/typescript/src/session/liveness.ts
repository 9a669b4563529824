// Whether the broker is still there.

import { ASLEEP, CHECK_TIMEOUT, SILENT_HEARTBEATS } from "../limits.js";

/** What the passing of time asks for: nothing, a sign of life, or an end after this long a silence. */
export type Verdict = "fine" | "ask" | { readonly deadAfter: number };

/** Watches one connection once the client is welcome. */
export class Liveness {
  #heartbeat = 0;
  #heard: number | undefined;
  /** A sign of life was asked for, and must come by then. */
  #expected: number | undefined;

  /** Begins to watch; a broker that names no heartbeat isn't watched. */
  begin(now: number, heartbeat: number): void {
    this.#heartbeat = heartbeat;
    this.#heard = now;
    this.#expected = undefined;
  }

  /** Something came. */
  heard(now: number): void {
    if (this.#heard === undefined) return;
    this.#heard = now;
    this.#expected = undefined;
  }

  /** A sign of life was asked for. */
  expect(now: number): void {
    this.#expected ??= now + CHECK_TIMEOUT;
  }

  /** When to ask again. */
  due(): number | undefined {
    if (this.#expected !== undefined || this.#heard === undefined || this.#heartbeat === 0)
      return this.#expected;
    return this.#heard + SILENT_HEARTBEATS * this.#heartbeat;
  }

  /**
   * What the time asks for. Whoever looks far too late has not run meanwhile, as in a frozen page or a sleeping
   * machine: what came then may still wait to be read, so the broker is asked first.
   */
  judge(now: number): Verdict {
    const due = this.due();
    if (due === undefined || now < due) return "fine";
    if (this.#expected === undefined && now - due >= ASLEEP) return "ask";
    return { deadAfter: now - (this.#heard ?? now) };
  }
}

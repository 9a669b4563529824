// Whether the broker is still there.

import { ASLEEP, CHECK_TIMEOUT, SILENT_HEARTBEATS } from "../limits.js";

/** What the passing of time asks for: nothing, a sign of life, or an end after this long a silence. */
export type Verdict = "fine" | "ask" | { readonly deadAfter: number };

/** Watches one connection once the client is welcome. */
export class Liveness {
  /** A broker that names no heartbeat isn't watched. */
  #heartbeat = Infinity;
  #heard = Infinity;
  /** A sign of life was asked for, and must come by then. */
  #expected: number | undefined;

  /** Begins to watch. */
  begin(now: number, heartbeat: number): void {
    this.#heartbeat = heartbeat || Infinity;
    this.heard(now);
  }

  /** Something came. */
  heard(now: number): void {
    this.#heard = now;
    this.#expected = undefined;
  }

  /** A sign of life must come soon; says whether it is to be asked for, which happens once. */
  expect(now: number): boolean {
    if (this.#expected !== undefined) return false;
    this.#expected = now + CHECK_TIMEOUT;
    return true;
  }

  /** When to ask again; never is infinite. */
  due(): number {
    return this.#expected ?? this.#heard + SILENT_HEARTBEATS * this.#heartbeat;
  }

  /**
   * What the time asks for. Whoever looks far too late has not run meanwhile, as in a frozen page or a sleeping
   * machine: what came then may still wait to be read, so the broker is asked first.
   */
  judge(now: number): Verdict {
    const late = now - this.due();
    if (late < 0) return "fine";
    if (this.#expected === undefined && late >= ASLEEP) return "ask";
    return { deadAfter: now - this.#heard };
  }
}

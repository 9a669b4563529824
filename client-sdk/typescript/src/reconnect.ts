// Whether and when to connect again after a connection has ended or could not be had. Pure: it is handed the time.

import { type Backoff, pauseAfter } from "./backoff.js";
import { type Closed, reconnectOf } from "./closed.js";
import type { FanfareError } from "./error.js";
import { STEADY_AFTER } from "./limits.js";
import { type Reconnect, TOKEN_EXPIRED, UNAUTHENTICATED } from "./protocol/codes.js";
import type { Random } from "./random.js";

/** What a program wants done when there is no connection. */
export interface Policy {
  /** Whether the first connection is tried for again. */
  readonly atFirst: boolean;
  /** Whether later ones are. */
  readonly later: boolean;
  /** Whether a new token can be had when one is not accepted. */
  readonly renewsToken: boolean;
  readonly backoff: Backoff;
  /** Time without a connection after which no other is tried for, in milliseconds. */
  readonly giveUpAfter?: number | undefined;
}

/** What to do next: connect at a time, or end the session. */
export type Next = { readonly tryAt: number } | { readonly end: Closed };

/** Whether and when to connect again, for one client. */
export class Reconnector {
  readonly #policy: Policy;
  readonly #random: Random;
  /** Tries that failed, and connections that did not last, since one lasted. */
  #failures = 0;
  /** When the first of them failed. */
  #since: number | undefined;
  #welcomedAt: number | undefined;
  #wasWelcome = false;

  constructor(policy: Policy, random: Random) {
    this.#policy = policy;
    this.#random = random;
  }

  /** Tries that failed, and connections that did not last, since one lasted. */
  get failures(): number {
    return this.#failures;
  }

  /** The broker has let this client in. */
  welcomed(now: number): void {
    this.#wasWelcome = true;
    this.#welcomedAt = now;
  }

  /** A connection has ended, or could not be had. The broker may have said when it wants this client back. */
  failed(now: number, cause: FanfareError, returnAt?: number): Next {
    if (this.#welcomedAt !== undefined && now - this.#welcomedAt >= STEADY_AFTER) {
      this.#failures = 0;
      this.#since = undefined;
    }
    this.#welcomedAt = undefined;
    this.#since ??= now;
    const wanted = this.#wasWelcome ? this.#policy.later : this.#policy.atFirst;
    const advice = adviceOf(cause, this.#policy.renewsToken);
    if (!wanted || advice === "never") return { end: cause.closed ?? gaveUp(cause, now - this.#since) };
    const { giveUpAfter = Infinity } = this.#policy;
    const giveUpAt = this.#since + giveUpAfter;
    if (giveUpAt <= now) return { end: gaveUp(cause, now - this.#since) };
    const pause = this.#pause(advice, returnAt !== undefined);
    this.#failures++;
    return { tryAt: Math.min(Math.max(returnAt ?? now, now + pause), giveUpAt) };
  }

  /** At once only if the broker wants it and the connection lasted; so nothing goes round without a pause. */
  #pause(advice: Reconnect, invited: boolean): number {
    const random = this.#random();
    if (this.#failures === 0 && (invited || advice === "now")) return 0;
    return pauseAfter(this.#policy.backoff, this.#failures, random);
  }
}

function adviceOf({ closed }: FanfareError, renewsToken: boolean): Reconnect {
  if (closed === undefined) return "back_off";
  if (renewsToken && closed.kind === "by_broker" && asksForToken(closed.code)) return "back_off";
  if (closed.kind === "refused" && (closed.status < 400 || closed.status >= 500 || passes(closed.status))) {
    return "back_off";
  }
  return reconnectOf(closed);
}

function asksForToken(code: number): boolean {
  return code === UNAUTHENTICATED || code === TOKEN_EXPIRED;
}

/** Whether a status of the 400s may go away by itself. */
function passes(status: number): boolean {
  return status === 408 || status === 429;
}

function gaveUp(cause: FanfareError, afterMs: number): Closed {
  return { kind: "gave_up", afterMs, last: cause.message };
}

// What can go wrong, sorted by cause; each message says what to do next.

import { type Closed, closedText, reasonOf, seconds } from "./closed.js";
import type { ErrorCode } from "./protocol/codes.js";
import type { ErrorFrame } from "./protocol/frame.js";

/**
 * The cause of an error.
 *
 * - `invalid`: what the caller gave breaks a rule; nothing was sent.
 * - `connect`: the broker can't be reached. `token`: there was no token to connect with.
 * - `closed`: the session has ended; what was asked has not been done.
 * - `interrupted`: the connection ended before the answer; the outcome is unknown.
 * - `request`: the broker refused a request, with a `code`; the session lives on.
 * - `timeout`: no answer in time; the outcome is unknown. `not_sent`: nothing was sent in time.
 * - `unsubscribed`: the broker ended a subscription, or did not resume it.
 * - `wrong_answer`: a fault of the broker.
 */
export type ErrorKind =
  | "invalid"
  | "connect"
  | "token"
  | "closed"
  | "interrupted"
  | "request"
  | "timeout"
  | "not_sent"
  | "unsubscribed"
  | "wrong_answer";

interface Details {
  readonly code?: ErrorCode | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly seq?: number | undefined;
  readonly closed?: Closed;
  readonly cause?: unknown;
}

/** What can go wrong with a call of this package. */
export class FanfareError extends Error {
  override readonly name = "FanfareError";
  readonly kind: ErrorKind;
  /** Why the broker refused. */
  declare readonly code: ErrorCode | undefined;
  /** When to try again, where the broker says so, in milliseconds from now. */
  declare readonly retryAfterMs: number | undefined;
  /** After a `conflict`: the actual last sequence of the topic. */
  declare readonly seq: number | undefined;
  /** Why the connection or the session ended. */
  declare readonly closed: Closed | undefined;

  /** @internal */
  constructor(kind: ErrorKind, message: string, details: Details = {}) {
    super(message);
    this.kind = kind;
    Object.assign(this, details);
  }
}

export const invalid = (message: string): FanfareError => new FanfareError("invalid", message);

export const unreachable = (url: string, detail: string): FanfareError =>
  new FanfareError("connect", `can't reach ${url}: ${detail}; check that the broker runs and the address`);

export const sessionClosed = (closed: Closed): FanfareError =>
  new FanfareError("closed", closedText(closed), { closed });

export const interrupted = (what: string, closed: Closed): FanfareError =>
  new FanfareError(
    "interrupted",
    `no answer to ${what}: ${reasonOf(closed)}; the outcome is unknown: try again, a publish with the same key`,
    { closed },
  );

export const timedOut = (what: string, after: number): FanfareError =>
  new FanfareError(
    "timeout",
    `no answer to ${what} within ${seconds(after)}; the outcome is unknown: try again, a publish with the same key`,
  );

export const notSent = (what: string, after: number): FanfareError =>
  new FanfareError(
    "not_sent",
    `${what} could not be sent within ${seconds(after)}: there was no connection; try again`,
  );

export const tooMany = (what: string): FanfareError =>
  new FanfareError("not_sent", `${what} was not sent: too many wait already; await some of them first`);

export function requestRefused({ code, message, retry_after_ms, seq }: ErrorFrame): FanfareError {
  const again = retry_after_ms === undefined ? "" : `; try again in ${seconds(retry_after_ms)}`;
  const details = { code, retryAfterMs: retry_after_ms, seq };
  return new FanfareError("request", `the broker says ${code}: ${message}${again}`, details);
}

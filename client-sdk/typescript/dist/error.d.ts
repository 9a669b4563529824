import { type Closed } from "./closed.js";
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
export type ErrorKind = "invalid" | "connect" | "token" | "closed" | "interrupted" | "request" | "timeout" | "not_sent" | "unsubscribed" | "wrong_answer";
/** What can go wrong with a call of this package. */
export declare class FanfareError extends Error {
    readonly name = "FanfareError";
    readonly kind: ErrorKind;
    /** Why the broker refused. */
    readonly code: ErrorCode | undefined;
    /** When to try again, where the broker says so, in milliseconds from now. */
    readonly retryAfterMs: number | undefined;
    /** After a `conflict`: the actual last sequence of the topic. */
    readonly seq: number | undefined;
    /** Why the connection or the session ended. */
    readonly closed: Closed | undefined;
}
export declare const invalid: (message: string) => FanfareError;
export declare const unreachable: (url: string, detail: string) => FanfareError;
export declare const sessionClosed: (closed: Closed) => FanfareError;
export declare const interrupted: (what: string, closed: Closed) => FanfareError;
export declare const timedOut: (what: string, after: number) => FanfareError;
export declare const notSent: (what: string, after: number) => FanfareError;
export declare const tooMany: (what: string) => FanfareError;
export declare function requestRefused({ code, message, retry_after_ms, seq }: ErrorFrame): FanfareError;

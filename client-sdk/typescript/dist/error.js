// What can go wrong, sorted by cause; each message says what to do next.
import { closedText, reasonOf, seconds } from "./closed.js";
/** What can go wrong with a call of this package. */
export class FanfareError extends Error {
    name = "FanfareError";
    kind;
    /** Why the broker refused. */
    code;
    /** When to try again, where the broker says so, in milliseconds from now. */
    retryAfterMs;
    /** After a `conflict`: the actual last sequence of the topic. */
    seq;
    /** Why the connection or the session ended. */
    closed;
    /** @internal */
    constructor(kind, message, details = {}) {
        super(message, details.cause === undefined ? undefined : { cause: details.cause });
        this.kind = kind;
        this.code = details.code;
        this.retryAfterMs = details.retryAfterMs;
        this.seq = details.seq;
        this.closed = details.closed;
    }
}
export const invalid = (message) => new FanfareError("invalid", message);
export const unreachable = (url, detail) => new FanfareError("connect", `can't reach ${url}: ${detail}; check that the broker runs and the address`);
export const sessionClosed = (closed) => new FanfareError("closed", closedText(closed), { closed });
export const interrupted = (what, closed) => new FanfareError("interrupted", `no answer to ${what}: ${reasonOf(closed)}; the outcome is unknown: try again, a publish with the same key`, { closed });
export const timedOut = (what, after) => new FanfareError("timeout", `no answer to ${what} within ${seconds(after)}; the outcome is unknown: try again, a publish with the same key`);
export const notSent = (what, after) => new FanfareError("not_sent", `${what} could not be sent within ${seconds(after)}: there was no connection; try again`);
export const tooMany = (what) => new FanfareError("not_sent", `${what} was not sent: too many wait already; await some of them first`);
export function requestRefused({ code, message, retry_after_ms, seq }) {
    const again = retry_after_ms === undefined ? "" : `; try again in ${seconds(retry_after_ms)}`;
    const details = { code, retryAfterMs: retry_after_ms, seq };
    return new FanfareError("request", `the broker says ${code}: ${message}${again}`, details);
}
//# sourceMappingURL=error.js.map
// Whether and when to connect again after a connection has ended or could not be had. Pure: it is handed the time.
import { pauseAfter } from "./backoff.js";
import { reconnectOf } from "./closed.js";
import { STEADY_AFTER } from "./limits.js";
import { TOKEN_EXPIRED, UNAUTHENTICATED } from "./protocol/codes.js";
/** Whether and when to connect again, for one client. */
export class Reconnector {
    #policy;
    #random;
    /** Tries that failed, and connections that did not last, since one lasted. */
    #failures = 0;
    /** When the first of them failed. */
    #since;
    #welcomedAt;
    #wasWelcome = false;
    constructor(policy, random) {
        this.#policy = policy;
        this.#random = random;
    }
    /** Tries that failed, and connections that did not last, since one lasted. */
    get failures() {
        return this.#failures;
    }
    /** The broker has let this client in. */
    welcomed(now) {
        this.#wasWelcome = true;
        this.#welcomedAt = now;
    }
    /** A connection has ended, or could not be had. The broker may have said when it wants this client back. */
    failed(now, cause, returnAt) {
        if (this.#welcomedAt !== undefined && now - this.#welcomedAt >= STEADY_AFTER) {
            this.#failures = 0;
            this.#since = undefined;
        }
        this.#welcomedAt = undefined;
        this.#since ??= now;
        const wanted = this.#wasWelcome ? this.#policy.later : this.#policy.atFirst;
        const advice = adviceOf(cause, this.#policy.renewsToken);
        if (!wanted || advice === "never")
            return { end: cause.closed ?? gaveUp(cause, now - this.#since) };
        const { giveUpAfter = Infinity } = this.#policy;
        const giveUpAt = this.#since + giveUpAfter;
        if (giveUpAt <= now)
            return { end: gaveUp(cause, now - this.#since) };
        const pause = this.#pause(advice, returnAt !== undefined);
        this.#failures++;
        return { tryAt: Math.min(Math.max(returnAt ?? now, now + pause), giveUpAt) };
    }
    /** At once only if the broker wants it and the connection lasted; so nothing goes round without a pause. */
    #pause(advice, invited) {
        const random = this.#random();
        if (this.#failures === 0 && (invited || advice === "now"))
            return 0;
        return pauseAfter(this.#policy.backoff, this.#failures, random);
    }
}
function adviceOf({ closed }, renewsToken) {
    if (closed === undefined)
        return "back_off";
    if (renewsToken && closed.kind === "by_broker" && asksForToken(closed.code))
        return "back_off";
    if (closed.kind === "refused" && (closed.status < 400 || closed.status >= 500 || passes(closed.status))) {
        return "back_off";
    }
    return reconnectOf(closed);
}
function asksForToken(code) {
    return code === UNAUTHENTICATED || code === TOKEN_EXPIRED;
}
/** Whether a status of the 400s may go away by itself. */
function passes(status) {
    return status === 408 || status === 429;
}
function gaveUp(cause, afterMs) {
    return { kind: "gave_up", afterMs, last: cause.message };
}
//# sourceMappingURL=reconnect.js.map
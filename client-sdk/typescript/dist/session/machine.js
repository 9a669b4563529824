// The session itself: what its owner may ask of it, and what it wants done.
import { pauseAfter } from "../backoff.js";
import { sessionClosed } from "../error.js";
import { MAX_REQUESTED_PAUSE } from "../limits.js";
import { Liveness } from "./liveness.js";
import { Outbox } from "./outbox.js";
import { Refresh } from "./refresh.js";
import { Requests } from "./requests.js";
import { Subscription } from "./subscription.js";
/** A client's session, over one connection after another. Pure: no socket, no clock, no timer. */
export class Session {
    phase = { at: "offline" };
    requests;
    subscriptions = new Map();
    outbox = new Outbox();
    refresh;
    outputs = [];
    backoff;
    random;
    liveness = new Liveness();
    /** When the broker wants this client back. */
    returnAt;
    /** Begins a session that has no connection yet; `renewsToken` says whether another token can be had. */
    constructor(limits, random, renewsToken) {
        this.requests = new Requests(limits);
        this.refresh = new Refresh(renewsToken);
        this.backoff = limits.reconnectPause;
        this.random = random;
    }
    /**
     * There is a connection: says `hello`, resumes the subscriptions, and repeats the requests that can be repeated.
     * The broker must welcome this client by `until`.
     */
    connected(now, hello, until) {
        if (this.phase.at !== "offline")
            return;
        this.phase = { at: "greeting", until, timeout: Math.max(until - now, 0) };
        this.liveness = new Liveness();
        const wanted = [...this.subscriptions].filter(([, subscription]) => subscription.isWanted());
        const subs = wanted.map(([sub]) => sub).sort((a, b) => a - b);
        this.outbox.connected(hello, subs, this.requests.repeated());
    }
    /** Asks the broker; the ticket comes back with the answer. Its time counts from `asked`. */
    call(asked, call, ticket) {
        if (this.#admits(ticket))
            this.outbox.push({ request: this.requests.add(asked, call, ticket) });
    }
    /** Opens a subscription; the ticket comes back when it is open. */
    subscribe(asked, subscribe, ticket) {
        if (!this.#admits(ticket))
            return;
        const request = this.requests.add(asked, { op: "subscribe" }, ticket);
        this.subscriptions.set(subscribe.sub, new Subscription(subscribe, request));
        this.outbox.push({ sub: subscribe.sub });
    }
    /** Ends a subscription. Nothing of it is delivered from here on. */
    unsubscribe(sub) {
        const subscription = this.subscriptions.get(sub);
        if (subscription === undefined)
            return;
        this.subscriptions.delete(sub);
        const request = subscription.request();
        if (request !== undefined)
            this.requests.take(request);
        const asked = !this.outbox.remove({ sub }) && subscription.isAtBroker();
        if (asked && this.isConnected())
            this.send({ op: "unsubscribe", sub });
    }
    /** Asks for a sign of life. */
    ping(asked, ticket) {
        if (this.#admits(ticket))
            this.outbox.push({ request: this.requests.add(asked, { op: "ping" }, ticket) });
    }
    /** Forgets a request that was not sent yet; one that was is answered as if nothing had been. */
    cancel(ticket) {
        const number = this.requests.unsentOf(ticket);
        if (number !== undefined && this.requests.take(number))
            this.outbox.remove({ request: number });
    }
    /** Sends a frame that awaits no answer. */
    send(frame) {
        if (this.isActive())
            this.outbox.push({ plain: frame });
    }
    /** The time may have jumped, or the network changed: the broker must give a sign of life soon. */
    check(now) {
        if (!this.isOpen() || !this.liveness.expect(now))
            return;
        this.outbox.push({ request: this.requests.add(now, { op: "ping" }) });
    }
    /** A new token is there. */
    renew(now, token) {
        if (this.isOpen())
            this.outbox.push({ request: this.requests.add(now, { op: "refresh", token }) });
    }
    /** There was no token when one was wanted: asks again later, until the broker loses patience. */
    renewFailed(now, error) {
        if (!this.isOpen())
            return;
        this.refresh.due = now + this.pauseBefore(this.refresh.failures++, error);
        this.outputs.push({ type: "complaint", error });
    }
    /** The pause that the broker wants or one that grows with each failure, whichever is longer. */
    pauseBefore(failures, error) {
        const wanted = Math.min(error.retryAfterMs ?? 0, MAX_REQUESTED_PAUSE);
        return Math.max(pauseAfter(this.backoff, failures, this.random()), wanted);
    }
    /** The next thing to be done. */
    nextOutput() {
        return this.outputs.shift();
    }
    /** How many requests await their answer. */
    get inFlight() {
        return this.requests.size;
    }
    /** Whether the session takes requests. */
    isActive() {
        return this.phase.at !== "closing" && this.phase.at !== "ended";
    }
    isConnected() {
        return this.phase.at === "greeting" || this.phase.at === "open";
    }
    /** Whether the broker has let this client in, and the session is not about to end. */
    isOpen() {
        return this.phase.at === "open";
    }
    /** Whether the broker has let this client in, on this connection. */
    isWelcome() {
        return this.phase.at === "open" || this.phase.at === "closing";
    }
    /** Gives a ticket back; an answer to a request that has timed out is nobody's. */
    settle(request, answer) {
        if (request?.ticket !== undefined)
            this.outputs.push({ type: "answer", ticket: request.ticket, answer });
    }
    /** Gives a ticket back with the reason why there is no answer. */
    fail(request, error) {
        if (request?.ticket !== undefined)
            this.outputs.push({ type: "failure", ticket: request.ticket, error });
    }
    /** Gives a ticket back with the reason if the session takes no more requests. */
    #admits(ticket) {
        if (this.phase.at !== "closing" && this.phase.at !== "ended")
            return true;
        this.outputs.push({ type: "failure", ticket, error: sessionClosed(this.phase.why) });
        return false;
    }
}
//# sourceMappingURL=machine.js.map
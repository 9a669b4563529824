// What joins session, connection and callers: it moves frames and decides nothing about them.
import { now } from "./clock.js";
import { FanfareError, sessionClosed, tooMany, unreachable } from "./error.js";
import { Inbox } from "./inbox.js";
import { MAX_SOCKET_BYTES, MAX_UNSENT } from "./limits.js";
import { decode } from "./protocol/decode.js";
import { Reconnector } from "./reconnect.js";
import { close, disconnected, dueOf, end, tick, unreadable } from "./session/ending.js";
import { Session } from "./session/machine.js";
import { pause, relief, unpause } from "./session/pause.js";
import { receive } from "./session/receive.js";
import { canSend, nextFrame } from "./session/send.js";
import { onWake } from "./signals.js";
import { tokenOf } from "./token.js";
import { Transport } from "./transport.js";
/** Longest time that timers take. */
const MAX_TIMER = 2 ** 31 - 1;
/** How often a full socket is looked at, in milliseconds. */
const LOOK_EVERY = 20;
/** The task of one client. */
export class Driver {
    #plan;
    #owner;
    #session;
    #reconnector;
    #inboxes = new Map();
    #unwatch;
    #link = { at: "down", tryAt: now() };
    #alarm;
    #goodbye;
    #lastSub = 0;
    #unsent = 0;
    #working = false;
    /** What the broker said when it let this client in the last time. */
    welcome;
    #deeds = {
        deliver: ({ sub, event }) => {
            this.#inboxes.get(sub)?.push(event);
            this.#relieve(sub);
        },
        advance: ({ sub, heads }) => this.#inboxes.get(sub)?.advance(heads),
        begin: ({ sub, place }) => this.#inboxes.get(sub)?.begin(place),
        answer: ({ ticket, answer }) => ticket.resolve(answer),
        failure: ({ ticket, error }) => ticket.reject(error),
        unsubscribed: ({ sub, code }) => this.#finish(sub, unsubscribed(code)),
        not_resumed: ({ sub, error }) => this.#finish(sub, error),
        complaint: ({ error }) => this.#owner.complained(error),
        welcomed: ({ welcome }) => {
            this.welcome = welcome;
            this.#reconnector.welcomed(now());
            this.#owner.changed({ status: "connected", session: welcome.session });
        },
        token_wanted: () => void this.#renew(),
        goodbye: ({ code }) => {
            this.#goodbye = code;
        },
        disconnected: ({ why, returnAt }) => this.#failed(sessionClosed(why), returnAt),
        ended: ({ why }) => this.#end(why),
    };
    constructor(plan, random, owner) {
        this.#plan = plan;
        this.#owner = owner;
        this.#session = new Session(plan.limits, random, plan.policy.renewsToken);
        this.#reconnector = new Reconnector(plan.policy, random);
        this.#unwatch = onWake(() => this.#wake());
        // So that the owner exists when it hears of anything.
        queueMicrotask(() => this.#work());
    }
    /** Asks the broker. */
    call(call, ticket) {
        if (this.#hasRoom(call.op, ticket))
            this.#session.call(now(), call, ticket);
        this.#work();
    }
    /** Asks for a sign of life. */
    ping(ticket) {
        if (this.#hasRoom("ping", ticket))
            this.#session.ping(now(), ticket);
        this.#work();
    }
    /** Forgets a request that was not sent yet. */
    cancel(ticket) {
        this.#session.cancel(ticket);
        this.#work();
    }
    /** Sends a message that awaits no answer. Throws if too many wait to be sent. */
    send(publish) {
        if (!this.#session.isActive())
            throw sessionClosed(this.#why());
        if (this.#unsent >= MAX_UNSENT)
            throw tooMany("publish");
        this.#unsent++;
        this.#session.send(publish);
        this.#work();
    }
    /** Opens a subscription that fills a buffer; gives its number. */
    subscribe(subscribe, inbox, ticket) {
        const sub = ++this.#lastSub;
        if (this.#hasRoom("subscribe", ticket)) {
            this.#inboxes.set(sub, inbox);
            this.#session.subscribe(now(), { op: "subscribe", sub, ...subscribe }, ticket);
        }
        this.#work();
        return sub;
    }
    /** Ends a subscription. */
    unsubscribe(sub, ticket) {
        this.#inboxes.delete(sub);
        this.#session.unsubscribe(sub);
        this.cancel(ticket);
    }
    /** Ends the session in good order. */
    close() {
        close(this.#session, now());
        this.#work();
    }
    #hasRoom(what, ticket) {
        const room = this.#session.inFlight < this.#plan.limits.maxInFlight;
        if (!room)
            ticket.reject(tooMany(what));
        return room;
    }
    /** Does all that can be done now. What it calls may ask for more meanwhile. */
    #work() {
        if (this.#working)
            return;
        this.#working = true;
        try {
            do {
                this.#keepTime();
                this.#handOut();
                this.#write();
            } while (this.#session.outputs.length > 0 || this.#isDue());
        }
        finally {
            this.#working = false;
        }
        this.#setAlarm();
    }
    #keepTime() {
        if (!this.#isDue())
            return;
        const time = now();
        tick(this.#session, time);
        if (this.#link.at === "down" && this.#link.tryAt <= time)
            void this.#connect();
        else if (this.#link.at === "trying" && this.#link.until <= time)
            this.#late();
    }
    /** When something must be done next. */
    #due() {
        const link = this.#link.at === "down" ? this.#link.tryAt : this.#link.at === "trying" ? this.#link.until : Infinity;
        return Math.min(dueOf(this.#session), link);
    }
    #isDue() {
        return this.#due() <= now();
    }
    /** Deadlines mostly move later, and then the timer is left alone until it fires. */
    #setAlarm() {
        const time = now();
        const stuck = this.#link.at === "up" && canSend(this.#session) ? time + LOOK_EVERY : Infinity;
        const due = Math.min(this.#due(), stuck);
        if (this.#alarm !== undefined && this.#alarm.at <= due)
            return;
        clearTimeout(this.#alarm?.timer);
        this.#alarm = undefined;
        if (due === Infinity)
            return;
        const ring = () => {
            this.#alarm = undefined;
            this.#work();
        };
        this.#alarm = { at: due, timer: setTimeout(ring, Math.min(Math.max(due - time, 0), MAX_TIMER)) };
    }
    /** The connection may have died unnoticed, or a new one may be had. */
    #wake() {
        const time = now();
        if (this.#link.at === "down")
            this.#link = { at: "down", tryAt: time };
        this.#session.check(time);
        this.#work();
    }
    /** One try at a connection, from the token to the end of the handshake. */
    async #connect() {
        const { connectTimeout } = this.#plan.limits;
        const trying = { at: "trying", until: now() + connectTimeout };
        this.#link = trying;
        try {
            const token = await tokenOf(this.#plan.token, connectTimeout);
            if (this.#link === trying)
                this.#open(token, trying.until);
        }
        catch (cause) {
            if (this.#link === trying)
                this.#failed(cause);
        }
        this.#work();
    }
    #open(token, until) {
        const { Socket, url, encoding, name } = this.#plan;
        const hello = { op: "hello", ...(token && { token }), ...(name && { name }) };
        const transport = new Transport(Socket, url, encoding, {
            opened: () => {
                this.#link = { at: "up", transport };
                this.#session.connected(now(), hello, until);
                this.#work();
            },
            received: (frame) => this.#received(frame),
            ended: (cause) => this.#ended(cause),
        });
        this.#link = { at: "trying", transport, until };
    }
    #late() {
        if (this.#link.at === "trying")
            this.#link.transport?.drop();
        this.#failed(unreachable(this.#plan.url, "no answer in time"));
    }
    #received(data) {
        const time = now();
        let frame;
        try {
            frame = decode(data);
        }
        catch (error) {
            unreadable(this.#session, time, String(error));
        }
        if (frame === undefined)
            this.#session.liveness.heard(time);
        else
            receive(this.#session, time, frame);
        this.#work();
    }
    /** The connection has ended, or could not be had. */
    #ended(cause) {
        if (this.#link.at === "up") {
            disconnected(this.#session, cause.closed ?? { kind: "lost", detail: cause.message });
        }
        else {
            this.#failed(cause);
        }
        this.#work();
    }
    #write() {
        if (this.#link.at !== "up")
            return;
        const { transport } = this.#link;
        while (canSend(this.#session) && transport.waitingBytes < MAX_SOCKET_BYTES) {
            const frame = nextFrame(this.#session, now());
            if (frame === undefined)
                break;
            if (frame.op === "publish" && frame.id === undefined)
                this.#unsent--;
            transport.send(frame);
        }
        if (this.#goodbye === undefined || canSend(this.#session))
            return;
        transport.close(this.#goodbye);
        this.#goodbye = undefined;
    }
    /** Does what the session wants done. */
    #handOut() {
        for (let output = this.#session.nextOutput(); output !== undefined; output = this.#session.nextOutput()) {
            this.#deeds[output.type](output);
        }
    }
    /** A reader has left too much waiting: its subscription is paused, or loses its oldest messages. */
    #relieve(sub) {
        const inbox = this.#inboxes.get(sub);
        if (inbox?.isFull() !== true)
            return;
        if (relief(this.#session, sub) === "drop") {
            inbox.shed();
        }
        else if (relief(this.#session, sub) === "pause") {
            const resume = () => {
                unpause(this.#session, sub);
                this.#work();
            };
            pause(this.#session, sub, inbox.pause(resume));
        }
    }
    #finish(sub, error) {
        this.#inboxes.get(sub)?.finish({ error });
        this.#inboxes.delete(sub);
    }
    async #renew() {
        try {
            const token = await tokenOf(this.#plan.token, this.#plan.limits.connectTimeout);
            this.#session.renew(now(), token ?? "");
        }
        catch (error) {
            this.#session.renewFailed(now(), error);
        }
        this.#work();
    }
    /** There is no connection for this reason: looks for another one, if there is to be one. */
    #failed(cause, returnAt) {
        const time = now();
        if (this.#link.at !== "down")
            this.#link.transport?.drop();
        this.#goodbye = undefined;
        const next = this.#reconnector.failed(time, cause, returnAt);
        if ("end" in next) {
            this.#link = { at: "down", tryAt: Infinity };
            end(this.#session, next.end);
            return;
        }
        this.#link = { at: "down", tryAt: next.tryAt };
        const attempt = this.#reconnector.failures;
        this.#owner.changed({ status: "reconnecting", attempt, cause, pauseMs: next.tryAt - time });
    }
    #end(why) {
        if (this.#link.at !== "down")
            this.#link.transport?.drop();
        this.#link = { at: "down", tryAt: Infinity };
        this.#unwatch();
        const error = why.kind === "by_client" ? undefined : sessionClosed(why);
        for (const inbox of this.#inboxes.values())
            inbox.finish({ error });
        this.#inboxes.clear();
        this.#owner.changed({ status: "closed", why });
    }
    #why() {
        const { phase } = this.#session;
        return "why" in phase ? phase.why : { kind: "by_client" };
    }
}
function unsubscribed(code) {
    const why = code === undefined ? "" : ` (${code})`;
    return new FanfareError("unsubscribed", `the broker ended the subscription${why}`, { code });
}
//# sourceMappingURL=driver.js.map
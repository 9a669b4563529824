// The client: everything that a program can ask of a broker.
import { addressOf } from "./address.js";
import { now } from "./clock.js";
import { Driver } from "./driver.js";
import { FanfareError, invalid, sessionClosed } from "./error.js";
import { guarded } from "./guard.js";
import { Inbox } from "./inbox.js";
import { keys } from "./keys.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { checkPattern, checkTopic } from "./names.js";
import { wireFrom, } from "./options.js";
import { MAX_KEY_BYTES } from "./protocol/limits.js";
import { utf8Length } from "./protocol/names.js";
import { Subscription } from "./subscription.js";
import { payloadOf } from "./value.js";
/**
 * A session with a broker. When its connection ends, it connects again and goes on; subscriptions go on where they
 * stand. It ends with `close`, or when the broker says that connecting again makes no sense.
 */
export class Fanfare {
    /** Resolves when the broker has let this client in; rejects if the session ends before. */
    ready;
    /** Resolves when the session has ended, with the reason. */
    closed;
    #driver;
    #limits;
    #nextKey = keys();
    #listeners = {
        state: new Set(),
        error: new Set(),
    };
    #state = { status: "connecting" };
    /** @internal */
    constructor(url, options) {
        this.#limits = limitsOf(options);
        const plan = {
            url: addressOf(url),
            encoding: options.encoding ?? "msgpack",
            name: options.name,
            token: options.token,
            Socket: socketOf(options.WebSocket),
            policy: {
                atFirst: options.retryConnect ?? true,
                later: options.reconnect ?? true,
                renewsToken: typeof options.token === "function",
                backoff: this.#limits.reconnectPause,
                giveUpAfter: options.giveUpAfter,
            },
            limits: this.#limits,
        };
        this.#driver = new Driver(plan, Math.random, {
            changed: (state) => {
                this.#state = state;
                this.#tell("state", state);
            },
            complained: (error) => this.#tell("error", error),
        });
        this.ready = new Promise((resolve, reject) => {
            this.on("state", (state) => {
                if (state.status === "connected")
                    resolve();
                else if (state.status === "closed")
                    reject(sessionClosed(state.why));
            });
        });
        // Whoever asks for something hears of a failure there.
        this.ready.catch(() => undefined);
        this.closed = new Promise((resolve) => {
            this.on("state", (state) => {
                if (state.status === "closed")
                    resolve(state.why);
            });
        });
        onAbort(options.signal, () => void this.close());
    }
    /** How the client is connected now. */
    get state() {
        return this.#state;
    }
    /** The largest payload that the broker takes, in bytes, as it said at the last connection. */
    get maxPayloadBytes() {
        return this.#driver.welcome?.max_payload_bytes;
    }
    /** Hears of each state (`"state"`), or of errors that answer no call (`"error"`). Call the result to hear no more. */
    on(event, listener, options = {}) {
        const listeners = this.#listeners[event];
        // Each call is one subscription, be the function the same.
        const own = (about) => listener(about);
        listeners.add(own);
        const off = () => void listeners.delete(own);
        onAbort(options.signal, off);
        return off;
    }
    subscribe(pattern, first, second = {}) {
        checkPattern(pattern);
        const onMessage = typeof first === "function" ? first : undefined;
        const options = typeof first === "function" ? second : (first ?? {});
        const { from, deliver, maxRate, signal, onGap } = options;
        const inbox = new Inbox(this.#limits.buffer);
        const { promise, ticket } = ask();
        const asked = { pattern, from: from && wireFrom(from), deliver, max_rate: maxRate };
        const ready = promise.then((answer) => expected(answer, "subscribed"));
        let leave = () => undefined;
        const subscription = new Subscription({ pattern, inbox, ready, onGap, leave: () => leave() }, onMessage);
        ready.catch((error) => inbox.finish({ error }));
        const sub = this.#driver.subscribe(asked, inbox, ticket);
        leave = () => {
            ticket.reject(new FanfareError("closed", "ended before it was open"));
            this.#driver.unsubscribe(sub, ticket);
        };
        onAbort(signal, () => subscription.abort(signal?.reason));
        return subscription;
    }
    /**
     * Publishes a value: text and bytes as they are, all else as JSON. Resolves when the broker has taken it; what can't be
     * sent, because there is no connection, waits for the next one.
     */
    async publish(topic, value, options = {}) {
        checkTopic(topic);
        const { key, expect, echo, headers, ack = true, signal } = options;
        const publish = {
            op: "publish",
            topic,
            payload: payloadOf(value),
            key: key === true ? this.#nextKey() : key,
            expect,
            // What is so anyway is not said.
            echo: echo === false ? echo : undefined,
            headers,
        };
        this.#check(publish);
        if (!ack) {
            signal?.throwIfAborted();
            this.#driver.send(publish);
            return { stream: undefined, epoch: undefined, seq: undefined, duplicate: false };
        }
        const { stream, epoch, seq, duplicate = false } = await this.#call(publish, "published", signal);
        return { stream, epoch, seq, duplicate };
    }
    /** Asks for retained messages, once. */
    async history(pattern, options = {}) {
        checkPattern(pattern);
        const { from = "start", limit, signal } = options;
        const call = { op: "history", pattern, from: wireFrom(from), limit };
        const { messages, gaps = [], position, more } = await this.#call(call, "history", signal);
        return { messages: messages, gaps, position, more };
    }
    /** Who is present on a topic. */
    async presence(topic, options = {}) {
        checkTopic(topic);
        const { members } = await this.#call({ op: "presence", topic }, "presence", options.signal);
        return members;
    }
    /** Asks the broker for a sign of life; gives the milliseconds that it took. What was sent before is dealt with then. */
    async ping(options = {}) {
        const asked = now();
        await this.#asking("pong", options.signal, (ticket) => this.#driver.ping(ticket));
        return now() - asked;
    }
    /** Ends the session in good order: what was published before is acknowledged first, if that takes less than 5 s. */
    close() {
        this.#driver.close();
        return this.closed;
    }
    #call(call, op, signal) {
        return this.#asking(op, signal, (ticket) => this.#driver.call(call, ticket));
    }
    async #asking(op, signal, begin) {
        signal?.throwIfAborted();
        const { promise, ticket } = ask();
        begin(ticket);
        const off = onAbort(signal, () => {
            ticket.reject(signal?.reason);
            this.#driver.cancel(ticket);
        });
        try {
            return expected(await promise, op);
        }
        finally {
            off();
        }
    }
    /** The broker would answer `too_large`, or even end the session. */
    #check({ payload, key = "" }) {
        if (utf8Length(key) > MAX_KEY_BYTES)
            throw invalid(`the key has more than ${MAX_KEY_BYTES} bytes`);
        const most = this.maxPayloadBytes ?? Infinity;
        const bytes = payload.bytes().length;
        if (bytes <= most)
            return;
        throw invalid(`the payload has ${bytes} bytes; this broker takes at most ${most}`);
    }
    #tell(event, about) {
        const listeners = this.#listeners[event];
        for (const listener of [...listeners])
            guarded(() => listener(about));
    }
}
/**
 * Connects to a broker: `ws://127.0.0.1:7440`. Returns at once; what is asked waits for the connection.
 *
 * Throws if the URL is no broker's, or the platform has no WebSocket and none is given.
 */
export function connect(url, options = {}) {
    return new Fanfare(url, options);
}
/** A promise of an answer, and what keeps it. */
function ask() {
    let ticket;
    const promise = new Promise((resolve, reject) => {
        ticket = { resolve, reject };
    });
    return { promise, ticket: ticket };
}
function expected(answer, op) {
    if (answer.op === op)
        return answer;
    throw new FanfareError("wrong_answer", `the broker answered ${answer.op}, not ${op}; report it`);
}
/** Calls when a signal aborts, or has; gives what ends that. */
function onAbort(signal, abort) {
    if (signal === undefined)
        return () => undefined;
    if (signal.aborted)
        abort();
    else
        signal.addEventListener("abort", abort, { once: true });
    return () => signal.removeEventListener("abort", abort);
}
function socketOf(given) {
    const found = given ?? globalThis.WebSocket;
    if (found !== undefined)
        return found;
    throw invalid('this platform has no WebSocket: import { WebSocket } from "ws" and connect(url, { WebSocket })');
}
/** The defaults, and what a program says instead. */
function limitsOf(options) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
//# sourceMappingURL=client.js.map
// The client: everything that a program can ask of a broker.

import { onAbort } from "./abort.js";
import { now } from "./clock.js";
import type { Closed } from "./closed.js";
import { Driver } from "./driver.js";
import { FanfareError, sessionClosed } from "./error.js";
import type { Inbox } from "./inbox.js";
import { keys } from "./keys.js";
import { type ClientEvents, type Listeners, listen, tell } from "./listeners.js";
import { checkPattern, checkTopic } from "./names.js";
import {
  type ConnectOptions,
  type HistoryOptions,
  type HistoryPage,
  type PresenceOptions,
  type PresencePage,
  type PublishOptions,
  type Published,
  type SubscribeOptions,
  wireFrom,
} from "./options.js";
import { planOf } from "./plan.js";
import type { ServerFrame, Subscribed } from "./protocol/frame.js";
import { publishOf } from "./publish.js";
import type { Call } from "./session/call.js";
import type { State } from "./state.js";
import { type OnMessage, Subscription } from "./subscription.js";
import { type Ticket, ask, expected } from "./ticket.js";

/**
 * A session with a broker. When its connection ends, it connects again and goes on; subscriptions go on where they
 * stand. It ends with `close`, or when the broker says that connecting again makes no sense.
 */
export class Fanfare {
  /** Resolves when the broker has let this client in; rejects if the session ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the session has ended, with the reason. */
  readonly closed: Promise<Closed>;
  readonly #driver: Driver;
  readonly #nextKey = keys();
  readonly #listeners: Listeners = {
    state: new Set(),
    error: new Set(),
    auto: new Set(),
  };
  #state: State = { status: "connecting" };

  /** @internal */
  constructor(url: string, options: ConnectOptions) {
    this.#driver = new Driver(planOf(url, options), Math.random, {
      changed: (state) => {
        this.#state = state;
        tell(this.#listeners.state, state);
      },
      complained: (error) => void tell(this.#listeners.error, error),
      granted: (sub, frame, inbox) => this.#grant(sub, frame, inbox),
    });
    this.closed = new Promise((resolve) => {
      this.on("state", (state) => {
        if (state.status === "closed") resolve(state.why);
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.on("state", ({ status }) => {
        if (status === "connected") resolve();
      });
      void this.closed.then((why) => reject(sessionClosed(why)));
    });
    // Whoever asks for something hears of a failure there.
    this.ready.catch(() => undefined);
    onAbort(options.signal, () => void this.close());
  }

  /** How the client is connected now. */
  get state(): State {
    return this.#state;
  }

  /** The largest payload that the broker takes, in bytes, as it said at the last connection. */
  get maxPayloadBytes(): number | undefined {
    return this.#driver.welcome?.max_payload_bytes;
  }

  /**
   * Hears of each state (`"state"`), of errors that answer no call (`"error"`), or of subscriptions that the token brings
   * along (`"auto"`). Call the result to hear no more.
   */
  on<E extends keyof ClientEvents>(
    event: E,
    listener: (about: ClientEvents[E]) => void,
    options: { signal?: AbortSignal } = {},
  ): () => void {
    return listen(this.#listeners[event], listener, options.signal);
  }

  /**
   * Subscribes to a pattern: iterate over the result, or give a callback. `T` is the type that the messages' JSON has,
   * for which the program vouches.
   *
   * @example
   * for await (const message of fanfare.subscribe<Order>("orders.>")) console.log(message.topic, message.json().total);
   */
  subscribe<T = unknown>(pattern: string, options?: SubscribeOptions): Subscription<T>;
  subscribe<T = unknown>(
    pattern: string,
    onMessage: OnMessage<T>,
    options?: SubscribeOptions,
  ): Subscription<T>;
  subscribe<T = unknown>(
    pattern: string,
    first?: OnMessage<T> | SubscribeOptions,
    second: SubscribeOptions = {},
  ): Subscription<T> {
    checkPattern(pattern);
    const [onMessage, options] = typeof first === "function" ? [first, second] : [undefined, first ?? {}];
    const { from, deliver, maxRate, signal, onGap } = options;
    const inbox = this.#driver.inboxes.make();
    const { promise, ticket } = ask();
    const asked = { pattern, from: from && wireFrom(from), deliver, max_rate: maxRate };
    const ready = promise.then((answer) => expected(answer, "subscribed")) as Promise<Subscribed>;
    let leave = (): void => undefined;
    const subscription = new Subscription<T>(
      { pattern, inbox, ready, onGap, leave: () => leave() },
      onMessage,
    );
    ready.catch((error: unknown) => inbox.finish({ error }));
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
  async publish(topic: string, value: unknown, options: PublishOptions = {}): Promise<Published> {
    const { ack = true, signal } = options;
    const publish = publishOf(topic, value, options, this.#nextKey, this.maxPayloadBytes);
    if (!ack) {
      signal?.throwIfAborted();
      this.#driver.send(publish);
      return { duplicate: false } as Published;
    }
    return { duplicate: false, ...(await this.#call(publish, "published", signal)) } as Published;
  }

  /** Asks for retained messages, once. */
  async history<T = unknown>(pattern: string, options: HistoryOptions = {}): Promise<HistoryPage<T>> {
    checkPattern(pattern);
    const { from = "start", limit, signal } = options;
    const call: Call = { op: "history", pattern, from: wireFrom(from), limit };
    return { gaps: [], ...(await this.#call(call, "history", signal)) };
  }

  /** Asks who is present on a topic, a page at a time. */
  async presence(topic: string, options: PresenceOptions = {}): Promise<PresencePage> {
    checkTopic(topic);
    const { limit, after, signal } = options;
    const call: Call = { op: "presence", topic, limit, after };
    return (await this.#call(call, "presence", signal)) as PresencePage;
  }

  /** Asks the broker for a sign of life; gives the milliseconds that it took. What was sent before is dealt with then. */
  async ping(options: { signal?: AbortSignal } = {}): Promise<number> {
    const asked = now();
    await this.#asking("pong", options.signal, (ticket) => this.#driver.ping(ticket));
    return now() - asked;
  }

  /**
   * Says that the connection may have died unnoticed: the broker is asked for a sign of life, and the client connects again
   * if none comes within 5 s; without a connection it tries for one now. In browsers that happens by itself.
   */
  check(): void {
    this.#driver.check();
  }

  /** Ends the session in good order: what was published before is acknowledged first, if that takes less than 5 s. */
  close(): Promise<Closed> {
    this.#driver.close();
    return this.closed;
  }

  /** Asks, and gives the answer without what only the wire needs. */
  async #call<Op extends "published" | "history" | "presence">(
    call: Call,
    answer: Op,
    signal?: AbortSignal,
  ): Promise<Omit<ServerFrame & { op: Op }, "op" | "id">> {
    const { op, id, ...rest } = await this.#asking(answer, signal, (ticket) =>
      this.#driver.call(call, ticket),
    );
    return rest as unknown as Omit<ServerFrame & { op: Op }, "op" | "id">;
  }

  async #asking<Op extends ServerFrame["op"]>(
    op: Op,
    signal: AbortSignal | undefined,
    begin: (ticket: Ticket) => void,
  ): Promise<ServerFrame & { op: Op }> {
    signal?.throwIfAborted();
    const { promise, ticket } = ask();
    begin(ticket);
    const off = onAbort(signal, () => {
      ticket.reject(signal?.reason as FanfareError);
      this.#driver.cancel(ticket);
    });
    try {
      return expected(await promise, op);
    } finally {
      off();
    }
  }

  #grant(sub: number, frame: Subscribed, inbox: Inbox): boolean {
    const leave = (): void => this.#driver.unsubscribe(sub, ask().ticket);
    const { pattern = "" } = frame;
    const ready = Promise.resolve(frame);
    const subscription = new Subscription({ pattern, inbox, ready, leave });
    return tell(this.#listeners.auto, subscription);
  }
}

/**
 * Connects to a broker: `ws://127.0.0.1:7440`. Returns at once; what is asked waits for the connection.
 *
 * Throws if the URL is no broker's, or the platform has no WebSocket and none is given.
 */
export function connect(url: string, options: ConnectOptions = {}): Fanfare {
  return new Fanfare(url, options);
}

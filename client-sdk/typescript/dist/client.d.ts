import type { Closed } from "./closed.js";
import { FanfareError } from "./error.js";
import { type ConnectOptions, type HistoryOptions, type HistoryPage, type Member, type PublishOptions, type Published, type SubscribeOptions } from "./options.js";
import type { State } from "./state.js";
import { type OnMessage, Subscription } from "./subscription.js";
/** What a client tells of itself, by name. */
export interface ClientEvents {
    /** It is connected otherwise than before. */
    state: State;
    /** Something went wrong that answers no call: above all, an unacknowledged message was refused. */
    error: FanfareError;
}
/**
 * A session with a broker. When its connection ends, it connects again and goes on; subscriptions go on where they
 * stand. It ends with `close`, or when the broker says that connecting again makes no sense.
 */
export declare class Fanfare {
    #private;
    /** Resolves when the broker has let this client in; rejects if the session ends before. */
    readonly ready: Promise<void>;
    /** Resolves when the session has ended, with the reason. */
    readonly closed: Promise<Closed>;
    /** How the client is connected now. */
    get state(): State;
    /** The largest payload that the broker takes, in bytes, as it said at the last connection. */
    get maxPayloadBytes(): number | undefined;
    /** Hears of each state (`"state"`), or of errors that answer no call (`"error"`). Call the result to hear no more. */
    on<E extends keyof ClientEvents>(event: E, listener: (about: ClientEvents[E]) => void, options?: {
        signal?: AbortSignal;
    }): () => void;
    /**
     * Subscribes to a pattern: iterate over the result, or give a callback. `T` is the type that the messages' JSON has,
     * for which the program vouches.
     *
     * @example
     * for await (const message of fanfare.subscribe<Order>("orders.>")) console.log(message.topic, message.json().total);
     */
    subscribe<T = unknown>(pattern: string, options?: SubscribeOptions): Subscription<T>;
    subscribe<T = unknown>(pattern: string, onMessage: OnMessage<T>, options?: SubscribeOptions): Subscription<T>;
    /**
     * Publishes a value: text and bytes as they are, all else as JSON. Resolves when the broker has taken it; what can't be
     * sent, because there is no connection, waits for the next one.
     */
    publish(topic: string, value: unknown, options?: PublishOptions): Promise<Published>;
    /** Asks for retained messages, once. */
    history<T = unknown>(pattern: string, options?: HistoryOptions): Promise<HistoryPage<T>>;
    /** Who is present on a topic. */
    presence(topic: string, options?: {
        signal?: AbortSignal;
    }): Promise<Member[]>;
    /** Asks the broker for a sign of life; gives the milliseconds that it took. What was sent before is dealt with then. */
    ping(options?: {
        signal?: AbortSignal;
    }): Promise<number>;
    /** Ends the session in good order: what was published before is acknowledged first, if that takes less than 5 s. */
    close(): Promise<Closed>;
}
/**
 * Connects to a broker: `ws://127.0.0.1:7440`. Returns at once; what is asked waits for the connection.
 *
 * Throws if the URL is no broker's, or the platform has no WebSocket and none is given.
 */
export declare function connect(url: string, options?: ConnectOptions): Fanfare;

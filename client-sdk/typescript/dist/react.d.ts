import { type Fanfare, FanfareError, type Message, type State, type SubscribeOptions } from "./index.js";
/** The client for all hooks below: `<FanfareContext.Provider value={fanfare}>`. */
export declare const FanfareContext: import("react").Context<Fanfare | undefined>;
/** What a subscription has brought so far. */
export interface TopicView<T = unknown> {
    /** The newest messages, oldest first. */
    readonly messages: readonly Message<T>[];
    /** The newest message. */
    readonly last: Message<T> | undefined;
    /** Whether it is open yet, pushed, read from the stream because it must catch up, or at its end. */
    readonly status: "opening" | "live" | "behind" | "ended";
    /** Why it ended, if this program did not end it. */
    readonly error: FanfareError | undefined;
}
/** How to subscribe, and how many messages to keep. */
export interface TopicOptions extends Omit<SubscribeOptions, "signal"> {
    /** Newest messages to keep; 100 unless said otherwise. */
    keep?: number;
    /** The client, where no `FanfareContext` gives one. */
    client?: Fanfare;
}
/**
 * Subscribes to a pattern for as long as the component is mounted. The options are compared by what is in them; when
 * they or the pattern change, it begins anew.
 */
export declare function useTopic<T = unknown>(pattern: string, options?: TopicOptions): TopicView<T>;
/** How the client is connected now; the component is drawn again when that changes. */
export declare function useConnection(client?: Fanfare): State;
/** The client that the context gives. Throws if there is none. */
export declare function useFanfare(): Fanfare;

import type { FanfareError } from "./error.js";
import type { Event } from "./event.js";
import type { Message } from "./protocol/message.js";
import type { Position } from "./protocol/position.js";
/** Hears of each message; what it promises is awaited before the next one. */
export type OnMessage<T> = (message: Message<T>) => unknown;
/**
 * A subscription. Iterate over it for its messages, in order; leaving the loop ends it.
 *
 * It outlives its connection: on the next one it goes on where it stands, and nothing comes twice. What can't be had is
 * told in its place: as `gaps` of the message after it, to `onGap`, and among `events()`.
 */
export declare class Subscription<T = unknown> implements AsyncIterable<Message<T>> {
    #private;
    /** What was subscribed. */
    readonly pattern: string;
    /** Resolves when the broker has opened it, with the position where it begins; rejects if it could not be opened. */
    readonly ready: Promise<Position>;
    /** Resolves when there will be no more messages: with the reason, or nothing if this program ended it. */
    readonly ended: Promise<FanfareError | undefined>;
    /** Where it stands after what was taken from it: keep it, and go on from there with `from: { position }`. */
    get position(): Position;
    /** Ends it. Nothing more comes. */
    unsubscribe(): void;
    /** Its messages. Throws the reason if it ends, unless this program ended it. */
    [Symbol.asyncIterator](): AsyncGenerator<Message<T>, void, undefined>;
    /** Everything that there is to tell, in order: messages, gaps, and how the subscription fares. */
    events(): AsyncGenerator<Event<T>, void, undefined>;
}

import type { Gap } from "./protocol/frame.js";
import type { Message } from "./protocol/message.js";
import type { Position } from "./protocol/position.js";
/** What a subscription tells its reader. */
export type Event<T = unknown> = 
/** A message. */
{
    readonly type: "message";
    readonly message: Message<T>;
}
/** Messages are missing at this place; `gapText` puts it into words. */
 | {
    readonly type: "gap";
    readonly gap: Gap;
}
/** The subscription can't be pushed for now, because the connection or the reader is slow. */
 | {
    readonly type: "behind";
}
/** The subscription has caught up, and stands at this position. */
 | {
    readonly type: "live";
    readonly position: Position;
}
/**
 * The subscription was interrupted at this place, as when the connection breaks, and goes on from its position.
 * Nothing is missing but what gaps tell; one follows if `recovered` is false.
 */
 | {
    readonly type: "resumed";
    readonly position: Position;
    readonly recovered: boolean;
    readonly live: boolean;
};
/** What an event counts for in a buffer, in bytes. */
export declare function sizeOf(event: Event): number;
/** What is missing, in words. */
export declare function gapText({ reason, stream, from, to, count }: Gap): string;

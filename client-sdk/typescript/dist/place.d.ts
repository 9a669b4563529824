import type { Event } from "./event.js";
import { type Position } from "./protocol/position.js";
/** What a `subscribed` says of the place. */
interface Opened {
    readonly position: Position;
    readonly recovered?: boolean | undefined;
}
/** Where a subscription stands after some of its events. A value: what moves it gives another one. */
export interface Place {
    readonly position: Position;
    /**
     * Where it goes on after the gap that the broker has announced and that has not come yet. Whoever never hears of
     * that must come back to the position before, and be told again.
     */
    readonly announced?: Position;
}
export declare const placeAt: (position: Position) => Place;
/** The broker has opened the subscription here. */
export declare function opened(place: Place, { position, recovered }: Opened): Place;
/**
 * The place past an event. A position in it is whole and replaces this one; a message moves its own stream's; a gap
 * without a position moves nothing.
 */
export declare function passed(before: Place, event: Event): Place;
/** The place moved to the heads that a ping brought: in each stream of the same epoch, and never back. */
export declare function movedTo(place: Place, heads: Position): Place;
export {};

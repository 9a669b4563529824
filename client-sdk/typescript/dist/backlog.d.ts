import { type Event } from "./event.js";
import { type Place } from "./place.js";
import type { Position } from "./protocol/position.js";
/** What the reader takes out: an event, and the heads that a ping brought after it. */
interface Item {
    readonly event: Event;
    heads?: Position;
}
/** The events that wait for one subscription's reader, oldest first. */
export declare class Backlog {
    #private;
    push(event: Event): void;
    /** Adds the heads that a ping brought; says whether there is an event to which they belong. */
    advance(heads: Position): boolean;
    /** Taking from the front of an array moves all of it: here that happens once for many. */
    pop(): Item | undefined;
    /** How many events wait. */
    get length(): number;
    /** What waits, in bytes of memory. */
    get bytes(): number;
    /** Where a reader at this place will stand when it has taken all that waits. */
    replayed(place: Place): Place;
    /**
     * Drops the oldest until so many events and bytes are left at most. What is dropped must be in no stream: one gap takes
     * its place, which counts the messages where that can be known, and the newest notice.
     */
    shed(events: number, bytes: number): void;
    clear(): void;
}
/** The place past an item. */
export declare function passedItem(place: Place, { event, heads }: Item): Place;
export {};

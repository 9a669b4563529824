import type { Event } from "./event.js";
import type { Limits } from "./limits.js";
import { type Place } from "./place.js";
import type { Position } from "./protocol/position.js";
/** Why there will be no more events: an error, or nothing if this program ended it. */
export interface End {
    readonly error: unknown;
}
/** One subscription's buffer. */
export declare class Inbox {
    #private;
    constructor(bounds: Limits["buffer"]);
    /** The reader's side: the next event, if one waits. */
    take(): Event | undefined;
    /** The reader's side: why there will be no more events, once all were taken. */
    get end(): End | undefined;
    /** The reader's side: where it stands after what it has taken. */
    get position(): Position;
    /** The reader's side: what hears that there is something to be taken. */
    onWake(wake: () => void): void;
    /** The driver's side: the reader begins here. */
    begin(place: Place): void;
    /** The driver's side: after all events so far, the subscription stands at these heads. */
    advance(heads: Position): void;
    /** The driver's side: adds an event. */
    push(event: Event): void;
    /** The driver's side: whether more waits than may. */
    isFull(): boolean;
    /** The driver's side: nothing comes until there is room, of which `drained` hears. Gives where it goes on then. */
    pause(drained: () => void): Place;
    /** The driver's side: drops oldest messages, and leaves gaps for them. */
    shed(): void;
    /** No more events will come; what waits is still there to be taken, unless nobody wants it. */
    finish(end: End, discard?: boolean): void;
}

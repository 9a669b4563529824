import type { Event } from "../event.js";
import { type Place } from "../place.js";
import type { ErrorCode } from "../protocol/codes.js";
import type { ClientFrame, Subscribe, Subscribed } from "../protocol/frame.js";
import type { Position } from "../protocol/position.js";
/** What a `subscribed` answers: the request of this number, or a resumption. */
export type Opened = {
    readonly request: number;
    readonly place: Place;
}
/** Whether the connection has ended since it was open, and whether ephemeral messages may be missing. */
 | {
    readonly broken: boolean;
    readonly incomplete: boolean;
};
/** What it means that a subscription is refused. */
export type Refusal = 
/** The request of this number has failed. */
{
    readonly request: number;
}
/** It is to be asked again; so it was this many times before. */
 | {
    readonly failures: number;
}
/** It can't be resumed. */
 | "final";
/** How memory can be had from a subscription whose reader is slow. */
export type Relief = 
/** It can be paused: what is not kept here can be asked for again. */
"pause"
/** What comes is in no stream, and must be dropped. */
 | "drop"
/** It gets nothing now. */
 | "quiet";
/** One subscription. */
export declare class Subscription {
    #private;
    /** One that is asked for by the request of this number. */
    constructor(asked: Subscribe, request: number);
    /** Whether the broker is to be asked for it. */
    isWanted(): boolean;
    /** Whether the broker may have it. */
    isAtBroker(): boolean;
    /** The request that is to open it. */
    request(): number | undefined;
    /** The frame that opens or resumes it. */
    ask(): ClientFrame | undefined;
    /** The broker has opened it. */
    opened(subscribed: Subscribed): Opened | undefined;
    /** Goes on past an event; says whether it is open and so gets it. */
    pass(event: Event): boolean;
    /** Goes on to the heads that a ping brought; says whether they are for it. */
    advance(heads: Position): boolean;
    /** The broker refuses to open or to resume it. */
    refused(code: ErrorCode): Refusal | undefined;
    /** The connection has ended. */
    disconnected(): void;
    /** How memory can be had from it. */
    relief(): Relief;
    /**
     * Its reader has enough, and is to get what follows this place later; says whether it was pushed so far. Undefined
     * if it is not open.
     */
    pause(place: Place): boolean | undefined;
    /** Its reader has room again; says whether it is to be asked for. */
    unpause(): boolean;
    /** The broker has ended it; says whether that is what was asked for in order to pause it. */
    left(code: ErrorCode | undefined): boolean;
}

import type { Closed } from "../closed.js";
import { type FanfareError } from "../error.js";
import { type Limits } from "../limits.js";
import type { ClientFrame } from "../protocol/frame.js";
import { type Call } from "./call.js";
/** What is asked, beside calls: to open a subscription (which knows more), a sign of life, a new token's use. */
type Other = {
    readonly op: "subscribe";
} | {
    readonly op: "ping";
} | {
    readonly op: "refresh";
    readonly token: string;
};
/** One request. */
export interface Waiting<T> {
    readonly number: number;
    /** Whom to answer; nobody if the session asks for itself. */
    readonly ticket: T | undefined;
    readonly asked: Call | Other;
    readonly until: number;
    /** When it was first sent: the broker may have got it, on this connection or an earlier one. */
    sent?: number;
    /** Why the last connection ended that it was sent on, if it has. */
    lost?: Closed;
    /** What the broker said the last time, if it is asked again after a pause, and how often it said so. */
    refused?: {
        readonly failures: number;
        readonly error: FanfareError;
    };
}
/** Requests that await their answer. Each has a number, its `id` on the wire if it has one there. */
export declare class Requests<T> {
    #private;
    constructor(limits: Limits);
    get size(): number;
    /** The broker says how long it remembers keys, if it does. */
    keysLast(window: number | undefined): void;
    add(askedAt: number, asked: Call | Other, ticket?: T): number;
    /** The frame to be sent for a request, if it still waits. */
    send(now: number, number: number): ClientFrame | undefined;
    /**
     * Takes a message with a key that was sent so long ago that the broker may have forgotten the key: sent again, it
     * might be published twice. Says how to tell that its outcome is unknown.
     */
    takeStale(now: number, number: number): [Waiting<T>, FanfareError] | undefined;
    has(number: number): boolean;
    take(number: number): Waiting<T> | undefined;
    /** The number of a request that was not sent and that nobody wants answered any more. */
    unsentOf(ticket: T): number | undefined;
    /** The ping that a `pong` answers. */
    takePing(): Waiting<T> | undefined;
    /**
     * If the broker could not deal with a message now and it may be sent again, keeps it, and says how often that has
     * happened before.
     */
    postpone(number: number, error: FanfareError): number | undefined;
    /** When the oldest request times out: all have the same time, so it is the first. */
    due(): number;
    /** A request that has timed out, and how to say so. */
    takeOverdue(now: number): [Waiting<T>, FanfareError] | undefined;
    /** Any request. */
    takeFirst(): Waiting<T> | undefined;
    /** The connection has ended: gives the requests whose answer is lost with it. */
    disconnected(why: Closed): Waiting<T>[];
    /** The requests that were sent before and are to be sent again, oldest first. */
    repeated(): number[];
}
/** What to tell if its connection or its session ends before the answer. */
export declare function interruptedBy({ asked, sent }: Waiting<unknown>, why: Closed): FanfareError;
export {};

import { type Backoff } from "./backoff.js";
import { type Closed } from "./closed.js";
import type { FanfareError } from "./error.js";
import type { Random } from "./random.js";
/** What a program wants done when there is no connection. */
export interface Policy {
    /** Whether the first connection is tried for again. */
    readonly atFirst: boolean;
    /** Whether later ones are. */
    readonly later: boolean;
    /** Whether a new token can be had when one is not accepted. */
    readonly renewsToken: boolean;
    readonly backoff: Backoff;
    /** Time without a connection after which no other is tried for, in milliseconds. */
    readonly giveUpAfter?: number | undefined;
}
/** What to do next: connect at a time, or end the session. */
export type Next = {
    readonly tryAt: number;
} | {
    readonly end: Closed;
};
/** Whether and when to connect again, for one client. */
export declare class Reconnector {
    #private;
    constructor(policy: Policy, random: Random);
    /** Tries that failed, and connections that did not last, since one lasted. */
    get failures(): number;
    /** The broker has let this client in. */
    welcomed(now: number): void;
    /** A connection has ended, or could not be had. The broker may have said when it wants this client back. */
    failed(now: number, cause: FanfareError, returnAt?: number): Next;
}

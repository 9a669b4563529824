import type { Backoff } from "./backoff.js";
/** Heartbeats of the broker that may pass in silence before the connection counts as dead. */
export declare const SILENT_HEARTBEATS = 2;
/** Time for a sign of life after the machine slept, the page was frozen, or the network changed. */
export declare const CHECK_TIMEOUT = 5000;
/** Lateness at which a look at the clock means that this program did not run meanwhile. */
export declare const ASLEEP = 5000;
/** Time that a close may take: for the answers under way and for the broker's own close frame. */
export declare const CLOSE_TIMEOUT = 5000;
/** Time after which a connection has lasted: the next pause begins anew with the first ceiling. */
export declare const STEADY_AFTER = 5000;
/** Longest pause that a broker may ask for before connecting or asking again. */
export declare const MAX_REQUESTED_PAUSE = 600000;
/** Part of a token's life after which a new one is asked for. */
export declare const REFRESH_PART: number;
/** Shortest time between two tokens. */
export declare const MIN_REFRESH_PAUSE = 1000;
/** Unacknowledged messages that may wait to be written; a further one is refused. */
export declare const MAX_UNSENT = 512;
/** Bytes that may wait in the socket; beyond it frames wait in the client. */
export declare const MAX_SOCKET_BYTES: number;
/** The bounds that a program may choose, as `ConnectOptions` names them. */
export interface Limits {
    /** What one subscription may hold before it is paused. */
    readonly buffer: {
        readonly messages: number;
        readonly bytes: number;
    };
    /** Requests that may await their answer at a time; a further one is refused. */
    readonly maxInFlight: number;
    /** Time for the token, the connection, the handshake and the broker's welcome, together. */
    readonly connectTimeout: number;
    /** Time for the answer to a request. */
    readonly requestTimeout: number;
    /** Time that a broker remembers a message's key, at most; the broker's own figure counts if it is shorter. */
    readonly keyWindow: number;
    /** Pauses before connecting again. */
    readonly reconnectPause: Backoff;
}
export declare const DEFAULT_LIMITS: Limits;
/** Time after its first sending within which a message with a key may be sent again. */
export declare function repeatWithin(limits: Limits, told?: number): number;

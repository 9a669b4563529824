// Every bound of the client: what it holds, and how long it waits, before it says so. Times are in milliseconds.

import type { Backoff } from "./backoff.js";

/** Heartbeats of the broker that may pass in silence before the connection counts as dead. */
export const SILENT_HEARTBEATS = 2;
/** Time for a sign of life after the machine slept, the page was frozen, or the network changed. */
export const CHECK_TIMEOUT = 5_000;
/** Lateness at which a look at the clock means that this program did not run meanwhile. */
export const ASLEEP = 5_000;
/** Time that a close may take: for the answers under way and for the broker's own close frame. */
export const CLOSE_TIMEOUT = 5_000;
/** Time after which a connection has lasted: the next pause begins anew with the first ceiling. */
export const STEADY_AFTER = 5_000;
/** Longest pause that a broker may ask for before connecting or asking again. */
export const MAX_REQUESTED_PAUSE = 600_000;
/** Part of a key's window within which a repeat may be sent; the rest is for its way to the broker. */
const REPEAT_PART = 3 / 4;
/** Part of a token's life after which a new one is asked for. */
export const REFRESH_PART = 4 / 5;
/** Shortest time between two tokens. */
export const MIN_REFRESH_PAUSE = 1_000;
/** Unacknowledged messages that may wait to be written; a further one is refused. */
export const MAX_UNSENT = 512;
/** Bytes that may wait in the socket; beyond it frames wait in the client. */
export const MAX_SOCKET_BYTES = 1024 * 1024;

/** The bounds that a program may choose, as `ConnectOptions` names them. */
export interface Limits {
  /** What one subscription may hold before it is paused. */
  readonly buffer: { readonly messages: number; readonly bytes: number };
  /** What all subscriptions together may hold, in bytes, beside one message each. */
  readonly maxBufferedBytes: number;
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

export const DEFAULT_LIMITS: Limits = {
  buffer: { messages: 1_024, bytes: 1024 * 1024 },
  maxBufferedBytes: 16 * 1024 * 1024,
  maxInFlight: 16_384,
  connectTimeout: 10_000,
  requestTimeout: 30_000,
  keyWindow: 120_000,
  reconnectPause: { first: 100, max: 30_000 },
};

/** Time after its first sending within which a message with a key may be sent again. */
export function repeatWithin(limits: Limits, told?: number): number {
  return Math.min(told ?? limits.keyWindow, limits.keyWindow) * REPEAT_PART;
}

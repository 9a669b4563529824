// What a program may choose, with the defaults.

import type { Encoding } from "./protocol/encode.js";
import type { Deliver, From as WireFrom, Gap, Member } from "./protocol/frame.js";
import type { Headers, Message } from "./protocol/message.js";
import type { Position } from "./protocol/position.js";
import type { TokenSource } from "./token.js";
import type { SocketClass } from "./transport.js";

/** How to connect. All times are in milliseconds. */
export interface ConnectOptions {
  /** A JSON Web Token where the broker asks for one, or what gives a fresh one before each connection and expiry. */
  token?: TokenSource;
  /** Program and version, for the operator's eyes: `my-app/1.2`. */
  name?: string;
  /** How frames are written: `msgpack` unless said otherwise; `json` is easier to read in the network tab. */
  encoding?: Encoding;
  /** The WebSocket to use where the platform has none: `import { WebSocket } from "ws"`. */
  WebSocket?: SocketClass;
  /** Whether to connect again when the connection ends; `true` unless said otherwise. */
  reconnect?: boolean;
  /** Whether to try again for the first connection, too; `true` unless said otherwise. */
  retryConnect?: boolean;
  /** Ceiling of the first pause before connecting again, and that of all; 100 and 30,000 unless said otherwise. */
  reconnectPause?: { first: number; max: number };
  /** Ends the session when there was no connection for this time; it never does unless said so. */
  giveUpAfter?: number;
  /** Time for the token, the connection and the broker's welcome, together; 10,000 unless said otherwise. */
  connectTimeout?: number;
  /** Time for the answer to a request; it goes on while there is no connection. 30,000 unless said otherwise. */
  requestTimeout?: number;
  /** Time that the broker remembers a message's key, at most; 120,000 unless said otherwise. */
  keyWindow?: number;
  /** Requests that may await their answer at a time; a further one is refused. 16,384 unless said otherwise. */
  maxInFlight?: number;
  /** Events and bytes that one subscription may hold; 1,024 and 1 MiB unless said otherwise. */
  buffer?: { messages: number; bytes: number };
  /**
   * Bytes that all subscriptions together may hold; 16 MiB unless said otherwise. Each may hold one message beyond. Over
   * it the fullest falls behind: it keeps half of what waits, and the rest is asked for again when that is read.
   */
  maxBufferedBytes?: number;
  /** Ends the session. */
  signal?: AbortSignal;
}

/** Where to begin. */
export type From = "now" | "last" | "start" | { position: Position } | { time: number | Date };

/** How to subscribe. */
export interface SubscribeOptions {
  /** `now` (the default), `last` (the newest message of each topic, then on), `start`, a position or a time. */
  from?: From;
  /** `every` message (the default), or of each topic the `latest`. */
  deliver?: Deliver;
  /** With `latest`: batches a second, at most. */
  maxRate?: number;
  /** Hears of what is missing, at its place among the messages. */
  onGap?: (gap: Gap) => void;
  /** Ends the subscription; a loop over it throws the signal's reason. */
  signal?: AbortSignal;
}

/** How to publish. */
export interface PublishOptions {
  /**
   * Makes a repeat harmless: within the broker's window, a second publish with this key on this topic is acknowledged
   * and not delivered. So the client itself sends it again when the connection breaks. `true` is a key that nobody else
   * has. Only for topics in a stream.
   */
  key?: string | true;
  /** Publishes only if this is the sequence of the topic's last retained message (0: none); else `conflict`. */
  expect?: number;
  /** Whether this client's own subscriptions get the message too; they do unless said otherwise. */
  echo?: boolean;
  /** Short facts beside the payload, such as a trace id; at most 4 KiB in all. */
  headers?: Headers;
  /**
   * Whether to wait for the broker's acknowledgement; `true` unless said otherwise. Without, only `on("error")` hears if
   * the message is refused, and it may be lost if the connection breaks.
   */
  ack?: boolean;
  /** Gives up waiting; a message that was not sent yet is not sent. */
  signal?: AbortSignal;
}

/** What to ask of history. */
export interface HistoryOptions {
  /** Where to begin: `start` (the default), `last`, a position, a time, or after a page that began with `last`. */
  from?: From | { last: Position };
  /** Most messages in the page: 1 to 1,000; 100 unless said otherwise. */
  limit?: number;
  signal?: AbortSignal;
}

/** What to ask of presence. */
export interface PresenceOptions {
  /** Most members in the page: 1 to 1,000; 100 unless said otherwise. */
  limit?: number;
  /** Goes on where a page ended: its `next`. */
  after?: number;
  signal?: AbortSignal;
}

/** Those who are present on a topic, in the order in which they came. */
export interface PresencePage {
  readonly members: readonly Member[];
  /** How many there are in all. */
  readonly count: number | undefined;
  /** Where to go on, if there are more. */
  readonly next: number | undefined;
}

/** A message that the broker has taken. */
export interface Published {
  /** Where it stands; none for an ephemeral message. */
  readonly stream: string | undefined;
  readonly epoch: string | undefined;
  readonly seq: number | undefined;
  /** Whether it repeats an earlier publish with the same key, and so was not delivered again. */
  readonly duplicate: boolean;
}

/** A page of retained messages. */
export interface HistoryPage<T = unknown> {
  /** Streams by name, each in sequence order. */
  readonly messages: Message<T>[];
  /** What is missing before or between them. */
  readonly gaps: readonly Gap[];
  /** Where the page ends: ask from here for the next one. */
  readonly position: Position;
  /** Whether there is more. */
  readonly more: boolean;
}

/** Where to begin, as the wire says it. */
export function wireFrom(from: From | { last: Position }): WireFrom {
  return typeof from === "object" && "time" in from ? { time: Number(from.time) } : from;
}

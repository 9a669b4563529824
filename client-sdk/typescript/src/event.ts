// What a subscription tells its reader, in order.

import type { Gap } from "./protocol/frame.js";
import type { Message } from "./protocol/message.js";
import type { Position } from "./protocol/position.js";

/** What a subscription tells its reader. */
export type Event<T = unknown> =
  /** A message. */
  | { readonly type: "message"; readonly message: Message<T> }
  /** Messages are missing at this place; `gapText` puts it into words. */
  | { readonly type: "gap"; readonly gap: Gap }
  /** The subscription can't be pushed for now, because the connection or the reader is slow. */
  | { readonly type: "behind" }
  /** The subscription has caught up, and stands at this position. */
  | { readonly type: "live"; readonly position: Position }
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

/** What an event counts for in a buffer beside its message, in bytes. */
const EVENT_BYTES = 128;

/** What an event counts for in a buffer, in bytes. */
export function sizeOf(event: Event): number {
  return EVENT_BYTES + (event.type === "message" ? event.message.sizeBytes() : 0);
}

/** What is missing, in words. */
export function gapText({ reason, stream, from, to, count }: Gap): string {
  const some =
    count === 1 ? "1 message is" : count === undefined ? "messages may be" : `${count} messages are`;
  const range =
    from === undefined && to === undefined ? "" : `, ${from ?? "up"} ${to === undefined ? "on" : `to ${to}`}`;
  return `${some} missing${range}${stream === undefined ? "" : ` of stream ${stream}`} (${reason})`;
}

// Where a subscription stands, as the wire defines it: what moves it, and how far.

import type { Event } from "./event.js";
import { type Position, advanced } from "./protocol/position.js";

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

export const placeAt = (position: Position): Place => ({ position });

/** The broker has opened the subscription here. */
export function opened(place: Place, { position, recovered }: Opened): Place {
  return recovered === false ? { position: place.position, announced: position } : { position };
}

/**
 * The place past an event. A position in it is whole and replaces this one; a message moves its own stream's; a gap
 * without a position moves nothing.
 */
export function passed(before: Place, event: Event): Place {
  const place =
    before.announced !== undefined && followsAnnouncement(event) ? placeAt(before.announced) : before;
  if (event.type === "resumed") return opened(place, event);
  const position = positionAfter(place.position, event);
  return position === place.position ? place : { ...place, position };
}

/** The place moved to the heads that a ping brought: in each stream of the same epoch, and never back. */
export function movedTo(place: Place, heads: Position): Place {
  let { position } = place;
  for (const [stream, head] of Object.entries(heads)) {
    if (position[stream]?.epoch === head.epoch) position = advanced(position, stream, head.seq);
  }
  return position === place.position ? place : { ...place, position };
}

function positionAfter(position: Position, event: Event): Position {
  if (event.type === "live") return event.position;
  if (event.type === "gap") return event.gap.position ?? position;
  if (event.type !== "message" || event.message.stream === undefined) return position;
  return advanced(position, event.message.stream, event.message.seq ?? 0);
}

/**
 * Whether it is the gap that the broker has announced, or comes after it: that gap is of a stream, as all are that a
 * broker can know of.
 */
function followsAnnouncement(event: Event): boolean {
  if (event.type === "message") return event.message.stream !== undefined;
  return event.type === "live" || (event.type === "gap" && event.gap.stream !== undefined);
}

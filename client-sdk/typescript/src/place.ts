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
  const follows = before.announced !== undefined && followsAnnouncement(event);
  const place = follows ? placeAt(before.announced) : before;
  switch (event.type) {
    case "message": {
      const { stream, seq } = event.message;
      if (stream === undefined || seq === undefined) return place;
      const position = advanced(place.position, stream, seq);
      return position === place.position ? place : { ...place, position };
    }
    case "gap":
      return event.gap.position === undefined ? place : { ...place, position: event.gap.position };
    case "live":
      return { ...place, position: event.position };
    case "resumed":
      return opened(place, event);
    case "behind":
      return place;
  }
}

/** The place moved to the heads that a ping brought: in each stream of the same epoch, and never back. */
export function movedTo(place: Place, heads: Position): Place {
  let { position } = place;
  for (const [stream, head] of Object.entries(heads)) {
    if (position[stream]?.epoch === head.epoch) position = advanced(position, stream, head.seq);
  }
  return position === place.position ? place : { ...place, position };
}

/**
 * Whether it is the gap that the broker has announced, or comes after it: that gap is of a stream, as all are that a
 * broker can know of.
 */
function followsAnnouncement(event: Event): boolean {
  switch (event.type) {
    case "message":
      return event.message.stream !== undefined;
    case "gap":
      return event.gap.stream !== undefined;
    case "live":
      return true;
    default:
      return false;
  }
}

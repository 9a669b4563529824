// Where a subscription stands, as the wire defines it: what moves it, and how far.
import { advanced } from "./protocol/position.js";
export const placeAt = (position) => ({ position });
/** The broker has opened the subscription here. */
export function opened(place, { position, recovered }) {
    return recovered === false ? { position: place.position, announced: position } : { position };
}
/**
 * The place past an event. A position in it is whole and replaces this one; a message moves its own stream's; a gap
 * without a position moves nothing.
 */
export function passed(before, event) {
    const place = before.announced !== undefined && followsAnnouncement(event) ? placeAt(before.announced) : before;
    if (event.type === "resumed")
        return opened(place, event);
    const position = positionAfter(place.position, event);
    return position === place.position ? place : { ...place, position };
}
/** The place moved to the heads that a ping brought: in each stream of the same epoch, and never back. */
export function movedTo(place, heads) {
    let { position } = place;
    for (const [stream, head] of Object.entries(heads)) {
        if (position[stream]?.epoch === head.epoch)
            position = advanced(position, stream, head.seq);
    }
    return position === place.position ? place : { ...place, position };
}
function positionAfter(position, event) {
    if (event.type === "live")
        return event.position;
    if (event.type === "gap")
        return event.gap.position ?? position;
    if (event.type !== "message" || event.message.stream === undefined)
        return position;
    return advanced(position, event.message.stream, event.message.seq ?? 0);
}
/**
 * Whether it is the gap that the broker has announced, or comes after it: that gap is of a stream, as all are that a
 * broker can know of.
 */
function followsAnnouncement(event) {
    if (event.type === "message")
        return event.message.stream !== undefined;
    return event.type === "live" || (event.type === "gap" && event.gap.stream !== undefined);
}
//# sourceMappingURL=place.js.map
// What waits for the reader of one subscription, and what had to be dropped from it.
import { sizeOf } from "./event.js";
import { movedTo, passed } from "./place.js";
/** The events that wait for one subscription's reader, oldest first. */
export class Backlog {
    #items = [];
    /** Where the oldest item stands; what is before it was taken. */
    #first = 0;
    #bytes = 0;
    push(event) {
        this.#bytes += sizeOf(event);
        this.#items.push({ event });
    }
    /** Adds the heads that a ping brought; says whether there is an event to which they belong. */
    advance(heads) {
        const last = this.#items.at(-1);
        if (last === undefined || this.length === 0)
            return false;
        last.heads = heads;
        return true;
    }
    /** Taking from the front of an array moves all of it: here that happens once for many. */
    pop() {
        const item = this.#items[this.#first];
        if (item === undefined)
            return undefined;
        this.#bytes -= sizeOf(item.event);
        if (++this.#first >= 512 || this.length === 0) {
            this.#items = this.#items.slice(this.#first);
            this.#first = 0;
        }
        return item;
    }
    /** How many events wait. */
    get length() {
        return this.#items.length - this.#first;
    }
    /** What waits, in bytes of memory. */
    get bytes() {
        return this.#bytes;
    }
    /** Where a reader at this place will stand when it has taken all that waits. */
    replayed(place) {
        return this.#items.slice(this.#first).reduce(passedItem, place);
    }
    /**
     * Drops the oldest until so many events and bytes are left at most. What is dropped must be in no stream: one gap takes
     * its place, which counts the messages where that can be known, and the newest notice.
     */
    shed(events, bytes) {
        let count = 0;
        let notice;
        while (this.length > events || this.#bytes > bytes) {
            const item = this.pop();
            if (item === undefined)
                break;
            const { event } = item;
            if (event.type === "message")
                count = add(count, 1);
            else if (event.type === "gap")
                count = add(count, event.gap.count);
            else
                notice = item;
        }
        const gap = { type: "gap", gap: { reason: "dropped", ...(count !== undefined && { count }) } };
        const kept = this.#items.slice(this.#first);
        this.clear();
        for (const item of [...(notice ? [notice] : []), { event: gap }, ...kept]) {
            this.#items.push(item);
            this.#bytes += sizeOf(item.event);
        }
    }
    clear() {
        this.#items = [];
        this.#first = this.#bytes = 0;
    }
}
/** The place past an item. */
export function passedItem(place, { event, heads }) {
    const after = passed(place, event);
    return heads === undefined ? after : movedTo(after, heads);
}
/** A sum that is known if both are. */
function add(a, b) {
    return a === undefined || b === undefined ? undefined : a + b;
}
//# sourceMappingURL=backlog.js.map
// What waits for the reader of one subscription, and what had to be dropped from it.

import { type Event, sizeOf } from "./event.js";
import { type Place, movedTo, passed } from "./place.js";
import type { Position } from "./protocol/position.js";

/** What the reader takes out: an event, and the heads that a ping brought after it. */
interface Item {
  readonly event: Event;
  heads?: Position;
}

/** The events that wait for one subscription's reader, oldest first. */
export class Backlog {
  #items: Item[] = [];
  /** Where the oldest item stands; what is before it was taken. */
  #first = 0;
  #bytes = 0;

  push(event: Event): void {
    this.#bytes += sizeOf(event);
    this.#items.push({ event });
  }

  /** Adds the heads that a ping brought; says whether there is an event to which they belong. */
  advance(heads: Position): boolean {
    const last = this.#items.at(-1);
    if (last === undefined || this.length === 0) return false;
    last.heads = heads;
    return true;
  }

  /** Taking from the front of an array moves all of it: here that happens once for many. */
  pop(): Item | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#bytes -= sizeOf(item.event);
    if (++this.#first >= 512 || this.length === 0) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** How many events wait. */
  get length(): number {
    return this.#items.length - this.#first;
  }

  /** What waits, in bytes of memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where a reader at this place will stand when it has taken all that waits. */
  replayed(place: Place): Place {
    return this.#items.slice(this.#first).reduce(passedItem, place);
  }

  /**
   * Drops the oldest until so many events and bytes are left at most. What is dropped must be in no stream: one gap takes
   * its place, which counts the messages where that can be known, and the newest notice.
   */
  shed(events: number, bytes: number): void {
    let count: number | undefined = 0;
    let notice: Item | undefined;
    while (this.length > events || this.#bytes > bytes) {
      const item = this.pop();
      if (item === undefined) break;
      const { event } = item;
      if (event.type === "message") count = add(count, 1);
      else if (event.type === "gap") count = add(count, event.gap.count);
      else notice = item;
    }
    const gap: Event = { type: "gap", gap: { reason: "dropped", ...(count !== undefined && { count }) } };
    const kept = this.#items.slice(this.#first);
    this.clear();
    for (const item of [...(notice ? [notice] : []), { event: gap }, ...kept]) {
      this.#items.push(item);
      this.#bytes += sizeOf(item.event);
    }
  }

  clear(): void {
    this.#items = [];
    this.#first = this.#bytes = 0;
  }
}

/** The place past an item. */
export function passedItem(place: Place, { event, heads }: Item): Place {
  const after = passed(place, event);
  return heads === undefined ? after : movedTo(after, heads);
}

/** A sum that is known if both are. */
function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

// What waits for the reader of one subscription, and what had to be dropped from it.

import { type Event, sizeOf } from "./event.js";
import { type Place, movedTo, passed } from "./place.js";
import type { Position } from "./protocol/position.js";

/** What the reader takes out: an event, and the heads that a ping brought after it. */
interface Item {
  readonly event: Event;
  heads?: Position;
}

/** What all buffers of a client hold together. */
export interface Total {
  bytes: number;
}

/** The events that wait for one subscription's reader, oldest first. */
export class Backlog {
  #items: Item[] = [];
  /** Where the oldest item stands; what is before it was taken. */
  #first = 0;
  #bytes = 0;
  #total: Total;

  constructor(total: Total) {
    this.#total = total;
  }

  push(event: Event): void {
    this.#items.push({ event });
    this.#weigh(sizeOf(event));
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
    this.#weigh(-sizeOf(item.event));
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
    let count = 0;
    let notice: Item | undefined;
    while (this.length > events || this.#bytes > bytes) {
      const item = this.pop();
      if (item === undefined) break;
      const { event } = item;
      if (event.type === "message") count++;
      // What one gap does not know, the sum does not know.
      else if (event.type === "gap") count += event.gap.count ?? NaN;
      else notice = item;
    }
    const gap: Event = { type: "gap", gap: { reason: "dropped", ...(count >= 0 && { count }) } };
    const told = [...(notice ? [notice] : []), { event: gap }];
    this.#items.splice(0, this.#first, ...told);
    this.#first = 0;
    for (const { event } of told) this.#weigh(sizeOf(event));
  }

  /** What could be cut off, in bytes. */
  spareBytes(): number {
    const spare = this.#items.slice(this.#first + this.#kept());
    return spare.reduce((bytes, { event }) => bytes + sizeOf(event), 0);
  }

  /**
   * Takes newest events out until only so many bytes are left, or the oldest message. They must be asked for again:
   * nothing tells of them.
   */
  cut(bytes: number): void {
    const kept = this.#kept();
    while (this.#bytes > bytes && this.length > kept) {
      const item = this.#items.pop();
      this.#weigh(item ? -sizeOf(item.event) : 0);
    }
  }

  clear(): void {
    this.#weigh(-this.#bytes);
    this.#items = [];
    this.#first = 0;
  }

  /** It does not count for all together any more. */
  release(): void {
    this.#total.bytes -= this.#bytes;
    this.#total = { bytes: 0 };
  }

  /**
   * How many of the oldest events are never cut off: up to the first message. So its reader always has one to take,
   * however large it is.
   */
  #kept(): number {
    const first = this.#items.findIndex(({ event }, at) => at >= this.#first && event.type === "message");
    return first < 0 ? this.length : first + 1 - this.#first;
  }

  #weigh(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}

/** The place past an item. */
export function passedItem(place: Place, { event, heads }: Item): Place {
  const after = passed(place, event);
  return heads === undefined ? after : movedTo(after, heads);
}

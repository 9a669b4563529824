// One subscription's buffer between the driver, which fills it, and its reader.

import { Backlog, type Total, passedItem } from "./backlog.js";
import type { Event } from "./event.js";
import type { Limits } from "./limits.js";
import { type Place, movedTo, placeAt } from "./place.js";
import type { Position } from "./protocol/position.js";

/** Why there will be no more events: an error, or nothing if this program ended it. */
export interface End {
  readonly error: unknown;
}

/** Part of its bounds that a buffer keeps when it must drop, so that it need not drop again at once. */
const KEPT_PART = 15 / 16;
/** Part of its bounds, and of what it kept, at which a paused buffer has room: so it fills in long strides. */
const ROOM_PART = 1 / 2;

/** One subscription's buffer. */
export class Inbox {
  readonly #backlog: Backlog;
  readonly #bounds: Limits["buffer"];
  /** Hears that there is something to be taken. */
  #wake: (() => void) | undefined;
  /** Where the reader stands. */
  #place: Place = placeAt({});
  #end: End | undefined;
  /** What it held when it was paused, in bytes. */
  #paused: number | undefined;
  #drained: () => void = () => undefined;

  constructor(bounds: Limits["buffer"], total: Total) {
    this.#bounds = bounds;
    this.#backlog = new Backlog(total);
  }

  /** The reader's side: the next event, if one waits. */
  take(): Event | undefined {
    const item = this.#backlog.pop();
    if (item === undefined) return undefined;
    this.#place = passedItem(this.#place, item);
    if (this.#fits(ROOM_PART) && this.#backlog.bytes <= (this.#paused ?? -1) * ROOM_PART) {
      this.#paused = undefined;
      this.#drained();
    }
    return item.event;
  }

  /** The reader's side: why there will be no more events, once all were taken. */
  get end(): End | undefined {
    return this.#end;
  }

  /** The reader's side: where it stands after what it has taken. */
  get position(): Position {
    return this.#place.position;
  }

  /** The reader's side: what hears that there is something to be taken. */
  onWake(wake: () => void): void {
    this.#wake = wake;
  }

  /** The driver's side: the reader begins here. */
  begin(place: Place): void {
    this.#place = place;
  }

  /** The driver's side: after all events so far, the subscription stands at these heads. */
  advance(heads: Position): void {
    if (!this.#backlog.advance(heads)) this.#place = movedTo(this.#place, heads);
  }

  /** The driver's side: adds an event. */
  push(event: Event): void {
    this.#backlog.push(event);
    this.#wake?.();
  }

  /** The driver's side: whether more waits than may. */
  isFull(): boolean {
    return this.#paused === undefined && !this.#fits(1);
  }

  /** The driver's side: what could be had of it, in bytes, and its reader would still have a message to take. */
  spareBytes(): number {
    return this.#backlog.spareBytes();
  }

  /**
   * The driver's side: nothing comes until there is room, of which `drained` hears; only this part of what waits is kept.
   * Gives where it goes on then.
   */
  pause(kept: number, drained: () => void): Place {
    this.#backlog.cut(this.#backlog.bytes * kept);
    this.#paused = this.#backlog.bytes;
    this.#drained = drained;
    return this.#backlog.replayed(this.#place);
  }

  /** The driver's side: drops oldest messages, down to this part of what waits, and leaves a gap for them. */
  shed(kept: number): void {
    const { messages, bytes } = this.#bounds;
    const least = Math.min(bytes * KEPT_PART, this.#backlog.bytes * kept);
    this.#backlog.shed(messages * KEPT_PART, least);
  }

  /** No more events will come; what waits is still there to be taken, unless nobody wants it. */
  finish(end: End, discard = false): void {
    if (discard) this.#backlog.clear();
    this.#backlog.release();
    this.#end ??= end;
    this.#wake?.();
  }

  /** Whether what waits takes this part of the bounds at most. */
  #fits(part: number): boolean {
    return (
      this.#backlog.length <= this.#bounds.messages * part && this.#backlog.bytes <= this.#bounds.bytes * part
    );
  }
}

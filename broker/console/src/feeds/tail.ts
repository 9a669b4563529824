// The live tail: the newest rows of a pattern, bounded, with everything that is left out counted. Pure but for its clock.

import type { Message } from "fanfare-client";

import { count, plural } from "../lib/format.js";
import { type Filter, filterOf } from "../lib/filter.js";

export type NoteTone = "plain" | "good" | "warn" | "bad";

export type Row =
  | { readonly key: number; readonly is: "message"; readonly message: Message; readonly sizeBytes: number }
  | {
      readonly key: number;
      readonly is: "note";
      readonly t: number;
      readonly tone: NoteTone;
      readonly text: string;
    };

/** Rows on the screen, and payloads that they hold. */
export const ROWS_MAX = 500;
const ROWS_BYTES_MAX = 8 << 20;
/** The same of those that wait: fewer, so that the notice of what was left out is seen with all of them. */
export const WAITING_MAX = 400;
const WAITING_BYTES_MAX = 6 << 20;

/** Rows up to a count and a size; the oldest go first. */
class Ring {
  readonly #most: number;
  readonly #mostBytes: number;
  #bytes = 0;
  rows: Row[] = [];

  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  /** Adds a row; gives those that had to go. */
  push(row: Row): Row[] {
    this.rows.push(row);
    this.#bytes += sizeOf(row);
    let gone = 0;
    const left = (): number => this.rows.length - gone;
    while (left() > this.#most || (this.#bytes > this.#mostBytes && left() > 1)) {
      const oldest = this.rows[gone];
      if (oldest !== undefined) this.#bytes -= sizeOf(oldest);
      gone += 1;
    }
    return gone > 0 ? this.rows.splice(0, gone) : [];
  }

  take(): Row[] {
    const { rows } = this;
    this.rows = [];
    this.#bytes = 0;
    return rows;
  }
}

const sizeOf = (row: Row): number => (row.is === "message" ? row.sizeBytes : 0);

export class Tail {
  readonly #shown = new Ring(ROWS_MAX, ROWS_BYTES_MAX);
  readonly #waiting = new Ring(WAITING_MAX, WAITING_BYTES_MAX);
  #nextKey = 1;
  #leftOut = 0;
  #noticesLeftOut = 0;
  #filter: Filter = filterOf("");
  #paused = false;
  #scrolledUp = false;
  /** Messages that came since the rows were cleared. */
  received = 0;
  /** Those that the filter kept out. */
  filtered = 0;

  get rows(): readonly Row[] {
    return this.#shown.rows;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether rows wait rather than being shown: somebody reads. */
  get holding(): boolean {
    return this.#paused || this.#scrolledUp;
  }

  /** Messages that came while holding: those that wait, and those that found no room any more. */
  get held(): number {
    return this.#waiting.rows.filter((row) => row.is === "message").length + this.#leftOut;
  }

  get leftOut(): number {
    return this.#leftOut;
  }

  get filter(): Filter {
    return this.#filter;
  }

  /** A new filter counts for what is shown and for what comes. */
  setFilter(text: string): void {
    this.#filter = filterOf(text);
    this.filtered = 0;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
  }

  setScrolledUp(up: boolean): void {
    this.#scrolledUp = up;
  }

  message(message: Message): void {
    this.received += 1;
    if (!this.passes(message)) {
      this.filtered += 1;
      return;
    }
    const sizeBytes = message.bytes().length;
    this.#wait({ key: this.#key(), is: "message", message, sizeBytes });
  }

  /** Says something at this place between the messages. */
  note(t: number, tone: NoteTone, text: string): void {
    this.#wait({ key: this.#key(), is: "note", t, tone, text });
  }

  passes(message: Message): boolean {
    return this.#filter.text === "" || this.#filter.matches(message.topic, message.text());
  }

  /** Shows what waits, unless somebody reads. Whether there is anything new to be shown. */
  flow(now: number): boolean {
    if (this.holding || this.#waiting.rows.length === 0) return false;
    const rows = this.#waiting.take();
    if (this.#leftOut + this.#noticesLeftOut > 0) {
      const text = leftOutText(this.#leftOut, this.#noticesLeftOut);
      this.#shown.push({ key: this.#key(), is: "note", t: now, tone: "warn", text });
    }
    this.#leftOut = this.#noticesLeftOut = 0;
    for (const row of rows) this.#shown.push(row);
    return true;
  }

  clear(): void {
    this.#shown.take();
    this.#waiting.take();
    this.#leftOut = this.#noticesLeftOut = 0;
    this.received = 0;
    this.filtered = 0;
  }

  #wait(row: Row): void {
    for (const gone of this.#waiting.push(row)) {
      if (gone.is === "message") this.#leftOut += 1;
      else this.#noticesLeftOut += 1;
    }
  }

  #key(): number {
    return this.#nextKey++;
  }
}

function leftOutText(messages: number, notices: number): string {
  const also = notices === 0 ? "" : ` and ${plural(notices, "notice")}`;
  return `${plural(messages, "message")}${also} left out here: at most ${count(WAITING_MAX)} wait to be shown`;
}

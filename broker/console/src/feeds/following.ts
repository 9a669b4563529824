// Following a pattern: the subscription behind the live tail, while somebody looks, through reconnects and sign-ins.

import {
  type Event,
  type Fanfare,
  type From,
  type Position,
  type Subscription,
  gapText,
} from "fanfare-client";

import { clock, count } from "../lib/format.js";
import { type Denial, denialOf, sentence } from "./denial.js";
import { Tail } from "./tail.js";

/** Where a tail may begin. */
export type Begin = "now" | "last" | "start";

/** It is `asleep` while nobody looks: a subscription to everything is no small thing on a busy broker. */
export type FollowingState = "waiting" | "live" | "behind" | "asleep" | "refused";

/** What nobody looks at goes on for this long: people look away to publish something, and come back. */
const AWAKE_UNSEEN_MS = 60_000;
/** More messages than this are not read up when the page wakes. */
const CATCH_UP_MAX = 20_000;

export class Following {
  readonly tail = new Tail();
  readonly #changed: () => void;
  readonly #heads: () => ReadonlyMap<string, number>;
  #fanfare: Fanfare | undefined;
  #subscription: Subscription | undefined;
  #slept: { at: number; position: Position } | undefined;
  #seen = false;
  #bedtime: ReturnType<typeof setTimeout> | undefined;
  pattern = ">";
  from: Begin = "now";
  state: FollowingState = "asleep";
  denial: Denial | undefined;
  #lastSecond = { at: 0, received: 0 };
  /** Messages in the last second. */
  rate = 0;

  /** `heads` gives the newest sequence of each stream, as far as it is known. */
  constructor(changed: () => void, heads: () => ReadonlyMap<string, number>) {
    this.#changed = changed;
    this.#heads = heads;
    setInterval(() => this.#count(), 1_000);
  }

  /** Goes on with a new session. */
  begin(fanfare: Fanfare): void {
    this.#fanfare = fanfare;
    this.#subscription = undefined;
    if (this.#seen) this.#open(this.from);
    else this.state = "asleep";
  }

  /** Follows a pattern, in place of the one before. Throws if it is none. */
  follow(pattern: string, from: Begin): void {
    const before = this.#subscription;
    const asked = { pattern: this.pattern, from: this.from };
    Object.assign(this, { pattern, from });
    try {
      this.#open(from);
    } catch (error) {
      Object.assign(this, asked);
      throw error;
    }
    before?.unsubscribe();
    this.#slept = undefined;
    this.tail.clear();
    this.#changed();
  }

  /** Whether somebody looks. */
  setSeen(seen: boolean): void {
    if (seen === this.#seen) return;
    this.#seen = seen;
    clearTimeout(this.#bedtime);
    if (seen) this.#wake();
    else this.#bedtime = setTimeout(() => this.#sleep(), AWAKE_UNSEEN_MS);
  }

  #open(from: From): void {
    const subscription = this.#fanfare?.subscribe(this.pattern, { from });
    this.#subscription = subscription;
    this.state = "waiting";
    this.denial = undefined;
    if (subscription !== undefined) void this.#read(subscription);
  }

  async #read(subscription: Subscription): Promise<void> {
    const isCurrent = (): boolean => this.#subscription === subscription;
    void subscription.ready.then(() => {
      if (isCurrent()) this.#set("live");
    }, ignore);
    try {
      for await (const event of subscription.events()) {
        if (!isCurrent()) return;
        this.#take(event);
      }
    } catch (error) {
      if (!isCurrent()) return;
      this.denial = denialOf(error);
      this.#set("refused");
    }
  }

  #take(event: Event): void {
    const now = Date.now();
    switch (event.type) {
      case "message":
        this.tail.message(event.message);
        break;
      case "gap":
        this.tail.note(now, "warn", `Gap: ${gapText(event.gap)}`);
        break;
      case "behind":
        this.state = "behind";
        this.tail.note(
          now,
          "warn",
          "Behind: this page takes less than is published, and reads from the stream now",
        );
        break;
      case "live":
        this.state = "live";
        this.tail.note(now, "good", "Live: caught up with the stream");
        break;
      case "resumed": {
        this.state = event.live ? "live" : "behind";
        const [tone, text] = event.recovered
          ? (["good", "Connected again: goes on where it stood, and nothing of a stream is missing"] as const)
          : (["warn", "Connected again: not all that came meanwhile can be had"] as const);
        this.tail.note(now, tone, text);
      }
    }
    this.#changed();
  }

  #sleep(): void {
    if (this.#subscription === undefined || this.state === "refused") return;
    this.#slept = { at: Date.now(), position: this.#subscription.position };
    this.#subscription.unsubscribe();
    this.#subscription = undefined;
    this.#set("asleep");
  }

  #wake(): void {
    if (this.state !== "asleep") return;
    const slept = this.#slept;
    this.#slept = undefined;
    this.#open(slept === undefined ? this.from : this.#afterSleep(slept.at, slept.position));
    this.#changed();
  }

  /** Where to go on after a sleep, which the tail is told of. */
  #afterSleep(at: number, position: Position): From {
    const missed = this.#missedSince(position);
    const few = missed <= CATCH_UP_MAX;
    const rest = few
      ? "what streams kept of that time follows, and ephemeral messages are missing"
      : `up to ${count(missed)} messages of that time are not shown`;
    this.tail.note(Date.now(), "warn", `Nobody looked here from ${clock(at)} until now: ${rest}`);
    return few ? { position } : "now";
  }

  /** At most so many: other topics of the same streams count, too. */
  #missedSince(position: Position): number {
    const heads = this.#heads();
    return Object.entries(position).reduce(
      (sum, [stream, { seq }]) => sum + Math.max(0, (heads.get(stream) ?? seq) - seq),
      0,
    );
  }

  #set(state: FollowingState): void {
    this.state = state;
    this.#changed();
  }

  #count(): void {
    const { received } = this.tail;
    const now = Date.now();
    const seconds = (now - this.#lastSecond.at) / 1_000;
    const rate = Math.max(0, received - this.#lastSecond.received) / seconds;
    this.#lastSecond = { at: now, received };
    if (rate !== this.rate) {
      this.rate = rate;
      this.#changed();
    }
  }
}

const ignore = (): void => undefined;

/** What a refused pattern or topic is told, without the SDK's own words around it. */
export const faultText = (error: unknown): string =>
  sentence(error instanceof Error ? error.message : String(error));

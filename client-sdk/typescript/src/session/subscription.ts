// One subscription, from the first connection to the last: what was asked, and where it stands.

import type { Event } from "../event.js";
import { type Place, movedTo, opened, passed, placeAt } from "../place.js";
import type { ErrorCode } from "../protocol/codes.js";
import type { ClientFrame, Subscribe, Subscribed } from "../protocol/frame.js";
import type { Position } from "../protocol/position.js";

/** How far a subscription has come. `broken` says whether the connection has ended since it was open. */
type Stage =
  /** It is asked for by the request of this number. */
  | { readonly at: "opening"; readonly request: number }
  /** It is open, and pushed or (if not live) read from the stream. */
  | { readonly at: "open"; readonly place: Place; readonly live: boolean }
  /** Its reader has enough. It was ended at the broker, to be resumed at this place. */
  | { readonly at: "paused"; readonly place: Place; readonly broken: boolean }
  /** It is to go on from this place; the broker put it off this many times. */
  | { readonly at: "resuming"; readonly place: Place; readonly broken: boolean; readonly failures: number };

/** What a `subscribed` answers: the request of this number, or a resumption. */
export type Opened =
  | { readonly request: number; readonly place: Place }
  /** Whether the connection has ended since it was open, and whether ephemeral messages may be missing. */
  | { readonly broken: boolean; readonly incomplete: boolean };

/** What it means that a subscription is refused. */
export type Refusal =
  /** The request of this number has failed. */
  | { readonly request: number }
  /** It is to be asked again; so it was this many times before. */
  | { readonly failures: number }
  /** It can't be resumed. */
  | "final";

/** How memory can be had from a subscription whose reader is slow. */
export type Relief =
  /** It can be paused: what is not kept here can be asked for again. */
  | "pause"
  /** What comes is in no stream, and must be dropped. */
  | "drop"
  /** It gets nothing now. */
  | "quiet";

const NOWHERE: Place = placeAt({});

/** One subscription. */
export class Subscription {
  readonly #asked: Subscribe;
  /** The pattern, if a token brought it along. */
  readonly grantedFor: string | undefined;
  #stage: Stage;
  /** Whether some of its topics may be in no stream. */
  #ephemeral = false;
  /** The times that it was ended at the broker and the answer to that has not come. */
  #leaving = 0;

  /** One that is asked for by the request of this number. */
  constructor(asked: Subscribe, request: number, grantedFor?: string) {
    this.#asked = asked;
    this.grantedFor = grantedFor;
    this.#stage = { at: "opening", request };
  }

  /** Whether the broker is to be asked for it. */
  isWanted(): boolean {
    return this.#stage.at === "opening" || this.#stage.at === "resuming";
  }

  /** Whether the broker may have it. */
  isAtBroker(): boolean {
    return this.#stage.at !== "paused";
  }

  /** The request that is to open it. */
  request(): number | undefined {
    return this.#stage.at === "opening" ? this.#stage.request : undefined;
  }

  /** The frame that opens or resumes it. */
  ask(): ClientFrame | undefined {
    if (this.#stage.at === "opening") return this.#asked;
    if (this.#stage.at !== "resuming") return undefined;
    return { ...this.#asked, from: { position: this.#stage.place.position } };
  }

  /** The broker has opened it. */
  opened(subscribed: Subscribed): Opened | undefined {
    // The broker says so; and where no stream is met, it is so.
    this.#ephemeral ||= subscribed.ephemeral === true || isEmpty(subscribed.position);
    const before = this.#stage;
    if (before.at !== "opening" && before.at !== "resuming") return undefined;
    const place = opened(before.at === "resuming" ? before.place : placeOf(this.#asked), subscribed);
    this.#stage = { at: "open", place, live: subscribed.live };
    if (before.at === "opening") return { request: before.request, place };
    return { broken: before.broken, incomplete: this.#ephemeral };
  }

  /** Goes on past an event; says whether it is open and so gets it. */
  pass(event: Event): boolean {
    if (this.#stage.at !== "open") return false;
    const live = event.type === "live" || (event.type !== "behind" && this.#stage.live);
    this.#stage = { at: "open", place: passed(this.#stage.place, event), live };
    if (event.type === "message") this.#ephemeral ||= event.message.stream === undefined;
    if (event.type === "gap")
      this.#ephemeral ||= event.gap.reason === "dropped" && event.gap.stream === undefined;
    return true;
  }

  /** Goes on to the heads that a ping brought; says whether they are for it. */
  advance(heads: Position): boolean {
    if (this.#stage.at !== "open" || !this.#stage.live) return false;
    this.#stage = { ...this.#stage, place: movedTo(this.#stage.place, heads) };
    return true;
  }

  /** The broker refuses to open or to resume it. */
  refused(code: ErrorCode): Refusal | undefined {
    const stage = this.#stage;
    if (stage.at === "opening") return { request: stage.request };
    if (stage.at !== "resuming") return undefined;
    if (!passes(code)) return "final";
    this.#stage = { ...stage, failures: stage.failures + 1 };
    return { failures: stage.failures };
  }

  /** The connection has ended. */
  disconnected(): void {
    this.#leaving = 0;
    const stage = this.#stage;
    if (stage.at === "open" || stage.at === "resuming") {
      this.#stage = { at: "resuming", place: stage.place, broken: true, failures: 0 };
    } else if (stage.at === "paused") {
      this.#stage = { ...stage, broken: true };
    }
  }

  /** How memory can be had from it. */
  relief(): Relief {
    if (this.#stage.at === "open" && isEmpty(this.#stage.place.position)) return "drop";
    return this.#stage.at === "open" || this.#stage.at === "paused" ? "pause" : "quiet";
  }

  /**
   * Its reader has enough, and is to get what follows this place later; says whether it was pushed so far. Undefined
   * if it is not open. With a number of the broker's, the answer to its end has that number, and not this one.
   */
  pause(place: Place, ofBroker = false): boolean | undefined {
    const stage = this.#stage;
    if (stage.at === "paused") this.#stage = { ...stage, place };
    if (stage.at !== "open") return undefined;
    this.#leaving += +!ofBroker;
    this.#stage = { at: "paused", place, broken: false };
    return stage.live;
  }

  /** Its reader has room again; says whether it is to be asked for. */
  unpause(): boolean {
    if (this.#stage.at !== "paused") return false;
    const { place, broken } = this.#stage;
    this.#stage = { at: "resuming", place, broken, failures: 0 };
    return true;
  }

  /** The broker has ended it; says whether that is what was asked for in order to pause it. */
  left(code: ErrorCode | undefined): boolean {
    const asked = code === undefined && this.#leaving > 0;
    if (asked) this.#leaving--;
    return asked;
  }
}

/** The place that is asked for, as far as it is one. */
function placeOf({ from }: Subscribe): Place {
  return typeof from === "object" && "position" in from ? placeAt(from.position) : NOWHERE;
}

function isEmpty(position: Position): boolean {
  return Object.keys(position).length === 0;
}

/** Whether the reason may go away by itself. The broker may also count a session that it has not missed yet. */
function passes(code: ErrorCode): boolean {
  return code === "unavailable" || code === "rate_limited" || code === "limit_exceeded";
}

// Everything that the views look at, put together: the session, what it hears, and what is asked over HTTP.

import type { Fanfare } from "fanfare-client";

import { Api, type Page, type SessionRow, type Stream } from "./feeds/api.js";
import type { Denial } from "./feeds/denial.js";
import { EventLog, eventsOf } from "./feeds/events.js";
import { Following } from "./feeds/following.js";
import { Link, type LinkState } from "./feeds/link.js";
import { listen } from "./feeds/listen.js";
import type { PageFacts } from "./feeds/page.js";
import { Poll } from "./feeds/poll.js";
import { History, type Stats, readStats } from "./feeds/stats.js";
import { type Keeper } from "./feeds/token.js";
import { span } from "./lib/format.js";

export type ViewName = "overview" | "live" | "sessions" | "streams";

const EVENT_PATTERNS = ["$sys.session.*", "$sys.stream.*", "$sys.errors", "$sys.gaps"];
const STREAMS_EVERY_MS = 2_000;
const WORST_EVERY_MS = 2_000;

export class App {
  readonly page: PageFacts;
  readonly api: Api;
  readonly link: Link;
  readonly history = new History();
  readonly events = new EventLog();
  readonly following: Following;
  readonly streams: Poll<readonly Stream[]>;
  /** Sessions that are behind, the fullest queue first. */
  readonly worst: Poll<Page<SessionRow>>;
  readonly #changed: () => void;
  /** How far the broker's clock is ahead of this machine's. */
  #aheadMs = 0;
  /** Why statistics can't be heard. */
  statsDenial: Denial | undefined;
  eventsDenial: Denial | undefined;
  /** The view that is looked at. */
  view: ViewName = "overview";
  /** Asks who looks at this page. */
  signIn: () => void = () => undefined;
  /** Hears that there is a connection, maybe as somebody else. */
  connected: () => void = () => undefined;

  /** `changed` hears that something may have to be drawn. */
  constructor(page: PageFacts, keeper: Keeper, changed: () => void) {
    this.page = page;
    this.#changed = changed;
    this.api = new Api(() => keeper.get());
    this.link = new Link(
      page,
      keeper,
      (fanfare) => this.#begin(fanfare),
      (before, now) => this.#linked(before, now),
    );
    this.following = new Following(changed, () => this.#heads());
    const seen =
      (...views: ViewName[]) =>
      () =>
        !document.hidden && views.includes(this.view);
    this.streams = new Poll(() => this.api.streams(), STREAMS_EVERY_MS, seen("overview", "streams"), changed);
    const worst = { behind: "true", sort: "queued_bytes", limit: "5" };
    this.worst = new Poll(() => this.api.sessions(worst), WORST_EVERY_MS, seen("overview"), changed);
  }

  /** The newest second, unless it is an old one. */
  get now(): Stats | undefined {
    return this.history.latest(Date.now());
  }

  /** What the broker's clock says. */
  get brokerTime(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Whether nothing was ever published here, as far as can be known. */
  get pristine(): boolean {
    const stats = this.now;
    return stats?.published === 0 && stats.streams.every(({ lastSeq }) => lastSeq === 0);
  }

  /** Something is looked at that was not before. */
  refresh(): void {
    this.streams.refresh();
    this.worst.refresh();
    this.#changed();
  }

  #begin(fanfare: Fanfare): void {
    this.statsDenial = this.eventsDenial = undefined;
    listen(
      fanfare,
      "$sys.stats",
      (message) => {
        const now = Date.now();
        this.#aheadMs = message.timeMs - now;
        this.history.push(now, readStats(message.json()));
        this.#changed();
      },
      (denial) => {
        this.statsDenial = denial;
        this.#changed();
      },
    );
    for (const pattern of EVENT_PATTERNS) {
      listen(
        fanfare,
        pattern,
        (message) => {
          this.events.add(message.timeMs, eventsOf(message.topic, message.json()));
          this.#changed();
        },
        (denial) => {
          this.eventsDenial = denial ?? this.eventsDenial;
          this.#changed();
        },
      );
    }
    this.following.begin(fanfare);
  }

  #linked(before: LinkState, now: LinkState): void {
    if (now.at === "lost" && before.at === "connected") {
      this.events.add(now.since, [
        { kind: "connection", tone: "bad", title: "This page lost its connection", detail: now.why },
      ]);
    }
    if (now.at === "connected") {
      if (before.at === "lost" && now.back) {
        const detail = `after ${span(now.since - before.since)}`;
        this.events.add(now.since, [
          { kind: "connection", tone: "good", title: "This page is connected again", detail },
        ]);
      }
      this.refresh();
      this.connected();
    }
    this.#changed();
  }

  #heads(): ReadonlyMap<string, number> {
    const streams = this.history.series.last?.v.streams ?? [];
    return new Map(streams.map(({ name, lastSeq }) => [name, lastSeq]));
  }
}

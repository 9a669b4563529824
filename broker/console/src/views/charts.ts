// The charts of the overview, one figure each: its number now, what belongs to it, and how it was over the last minutes.

import type { App } from "../app.js";
import { HOLE_MS, type Minute, type Stats } from "../feeds/stats.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { byteRate, bytes, count, digits, millis, percent, plural, short } from "../lib/format.js";
import { Chart, type Line } from "../parts/chart.js";
import type { Unit } from "../lib/scale.js";

interface Figure {
  readonly title: string;
  readonly unit: Unit;
  readonly least: number;
  /** Behind a value in the tooltip and at the number. */
  readonly words: (n: number) => string;
  readonly mark?: (n: number) => string;
  readonly lines: readonly Line<Stats>[];
  /** The number, and its unit. */
  readonly now: (stats: Stats) => readonly [string, string];
  readonly also: (stats: Stats, minute: Minute) => string;
}

/** The first news come with the second full second of a connection, in milliseconds. */
const FIRST_NEWS_MS = 3_000;

const silence = ({ link: { state } }: App, now: number): string =>
  state.at === "connected" && now - state.since < FIRST_NEWS_MS
    ? "waiting for the first second"
    : "no news from the broker";

const perSecond = (n: number): string => `${short(n)}/s`;

const FIGURES: readonly Figure[] = [
  {
    title: "Connections",
    unit: "count",
    least: 4,
    words: count,
    mark: short,
    lines: [{ name: "connections", tint: "c", area: true, pick: (s) => s.connections }],
    now: (s) => [count(s.connections), ""],
    also: (s, minute) =>
      `${count(minute.opened)} opened, ${count(minute.closed)} closed ${minute.when} · ${plural(s.subscriptions, "subscription")}`,
  },
  {
    title: "Published",
    unit: "count",
    least: 4,
    words: perSecond,
    mark: short,
    lines: [{ name: "published", tint: "a", area: true, pick: (s) => s.published }],
    now: (s) => [short(s.published), "messages/s"],
    also: (s) => `${byteRate(s.receivedBytes)} in from sockets`,
  },
  {
    title: "Delivered",
    unit: "count",
    least: 4,
    words: perSecond,
    mark: short,
    lines: [{ name: "delivered", tint: "b", area: true, pick: (s) => s.delivered }],
    now: (s) => [short(s.delivered), "messages/s"],
    also: (s) => `${byteRate(s.sentBytes)} out to sockets`,
  },
  {
    title: "Publish to socket",
    unit: "ms",
    least: 1,
    words: millis,
    lines: [
      { name: "99 % within", tint: "b", area: true, pick: (s) => s.p99 },
      { name: "half within", tint: "a", area: false, pick: (s) => s.p50 },
    ],
    now: (s) => (s.p99 === undefined ? ["–", ""] : split(millis(s.p99))),
    also: (s) =>
      s.p99 === undefined
        ? "no messages in the last second"
        : `99 % are written out within that, half within ${s.p50 === undefined ? "–" : millis(s.p50)}`,
  },
  {
    title: "Waiting for sockets",
    unit: "bytes",
    least: 4_096,
    words: bytes,
    lines: [
      { name: "all queues", tint: "c", area: true, pick: (s) => s.queuedBytes },
      { name: "the fullest", tint: "a", area: false, pick: (s) => s.largestQueueBytes },
    ],
    now: (s) => split(bytes(s.queuedBytes)),
    also: (s) =>
      s.queuedBytes === 0
        ? "nothing waits"
        : `${plural(s.queuedMessages, "message")}, the oldest for ${millis(s.oldestQueuedMs)}; fullest queue ${bytes(s.largestQueueBytes)}`,
  },
  {
    title: "Processor",
    unit: "count",
    least: 100,
    words: (n) => `${digits(n)} %`,
    mark: (n) => `${n} %`,
    lines: [{ name: "of one core", tint: "c", area: true, pick: (s) => 100 * s.cpu }],
    now: (s) => split(percent(s.cpu)),
    also: (s) => `of one core, by the whole broker; ${plural(s.shards, "shard")}`,
  },
];

/** Two words, the number and its unit. */
function split(text: string): readonly [string, string] {
  const at = text.lastIndexOf(" ");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

class Card {
  readonly element: HTMLElement;
  readonly #figure: Figure;
  readonly #chart: Chart<Stats>;
  readonly #number = h("span", { class: "number" }, "–");
  readonly #unit = h("span", { class: "unit" });
  readonly #also = h("p", { class: "also" });

  constructor(figure: Figure) {
    this.#figure = figure;
    const { title, unit, least, words, lines, mark = words } = figure;
    this.#chart = new Chart({ title, unit, least, words, mark, lines, holeMs: HOLE_MS });
    const names = lines.map(({ name, tint }) => h("span", {}, h("i", { "data-tint": tint }), name));
    this.element = h(
      "article",
      { class: "card figure" },
      h("header", {}, h("h3", {}, title), h("p", { class: "legend" }, ...(lines.length > 1 ? names : []))),
      h("p", { class: "value" }, this.#number, " ", this.#unit),
      this.#also,
      this.#chart.element,
    );
  }

  render(app: App, spanMs: number, minute: Minute): void {
    const now = Date.now();
    const stats = app.now;
    const [number, unit] = stats === undefined ? ["–", ""] : this.#figure.now(stats);
    setText(this.#number, number);
    setText(this.#unit, unit);
    setText(this.#also, stats === undefined ? silence(app, now) : this.#figure.also(stats, minute));
    setAttribute(this.element, "data-stale", stats === undefined);
    this.#chart.update(app.history.series.since(now - spanMs), now, spanMs);
  }
}

export class Charts {
  readonly elements: readonly HTMLElement[];
  readonly #cards = FIGURES.map((figure) => new Card(figure));

  constructor() {
    this.elements = this.#cards.map(({ element }) => element);
  }

  render(app: App, spanMs: number): void {
    const minute = app.history.minute(Date.now());
    for (const card of this.#cards) card.render(app, spanMs, minute);
  }
}

// Streams: what each keeps, for how long, and how full it is.

import type { App } from "../app.js";
import type { Stream } from "../feeds/api.js";
import { Keyed, type Shown, h, setAttribute, setText } from "../lib/dom.js";
import { bytes, count, percent, plural, short, span } from "../lib/format.js";
import { DenialSlot } from "../parts/denied.js";

const FULL_PART = 0.95;
const FILLING_PART = 0.75;

export class StreamCards {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #denial: DenialSlot;
  readonly #cards = h("div", { class: "streams" });
  readonly #shown: Keyed<Stream>;

  constructor(app: App) {
    this.#app = app;
    this.#denial = new DenialSlot(() => app.signIn());
    this.#shown = new Keyed(
      this.#cards,
      ({ name }) => name,
      () => shownStream(app),
    );
    this.element = h("div", {}, this.#denial.element, this.#cards);
  }

  render(): void {
    const { value = [], denial } = this.#app.streams;
    this.#denial.set(value.length > 0 ? undefined : denial);
    this.#shown.set(value);
  }
}

function shownStream(app: App): Shown<Stream> {
  const name = h("h3", { class: "mono" });
  const patterns = h("p", { class: "patterns mono" });
  const room = new Meter("Room");
  const age = new Meter("Time");
  const facts = h("dl", { class: "facts" });
  const values = new Map(
    ["messages", "topics", "per second", "newest", "oldest", "epoch"].map((term) => {
      const value = h("dd", { class: term });
      facts.append(h("div", {}, h("dt", {}, term), value));
      return [term, value];
    }),
  );
  const put = (term: string, text: string): void => {
    const value = values.get(term);
    if (value !== undefined) setText(value, text);
  };
  return {
    element: h(
      "article",
      { class: "stream" },
      h("header", {}, name, patterns),
      room.element,
      age.element,
      facts,
    ),
    update(stream) {
      setText(name, stream.name);
      setText(patterns, stream.patterns.join("  "));
      const { max_bytes, max_age_ms, oldest_time, head, oldest } = stream;
      const kept = oldest_time === undefined ? 0 : Math.max(0, app.brokerTime - oldest_time);
      room.set(stream.bytes / max_bytes, `${bytes(stream.bytes)} of ${bytes(max_bytes)}`, true);
      const perTopic = stream.max_messages_per_topic;
      const limit = perTopic === undefined ? "" : `, the newest ${count(perTopic)} of each topic`;
      const text =
        oldest_time === undefined
          ? `nothing kept; up to ${span(max_age_ms)}`
          : `${span(kept)} of ${span(max_age_ms)}`;
      age.set(kept / max_age_ms, text + limit, false);
      put("messages", count(stream.messages));
      put("topics", count(stream.topics));
      const rate = app.history.streamRate(stream.name);
      put("per second", rate === undefined ? "–" : short(rate));
      put("newest", head === 0 ? "none yet" : `#${count(head)}`);
      put("oldest", oldest === undefined ? "none" : `#${count(oldest)}`);
      put("epoch", stream.epoch);
    },
  };
}

/** A part of a whole, as a bar and in words. */
class Meter {
  readonly element: HTMLElement;
  readonly #bar = h("div", { class: "bar" });
  readonly #text = h("span", { class: "text" });
  readonly #percent = h("span", { class: "percent" });
  readonly #track: HTMLElement;

  constructor(label: string) {
    this.#track = h(
      "div",
      { class: "track", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
      this.#bar,
    );
    this.element = h(
      "div",
      { class: "meter" },
      h("p", {}, h("span", { class: "label" }, label), this.#text, this.#percent),
      this.#track,
    );
  }

  /** `limited`: whether being full is to be noticed. */
  set(part: number, text: string, limited: boolean): void {
    const shown = Math.min(1, Math.max(0, part));
    this.#bar.style.width = `${100 * shown}%`;
    setText(this.#text, text);
    setText(this.#percent, percent(shown));
    setAttribute(this.#track, "aria-valuenow", Math.round(100 * shown));
    setAttribute(this.#track, "aria-valuetext", text);
    const tone = part >= FULL_PART ? "bad" : part >= FILLING_PART ? "warn" : undefined;
    setAttribute(this.element, "data-tone", limited ? tone : undefined);
  }
}

/** Streams in a few words. */
export const streamsText = (streams: readonly Stream[]): string =>
  `${plural(streams.length, "stream")}, ${bytes(streams.reduce((sum, stream) => sum + stream.bytes, 0))} kept`;

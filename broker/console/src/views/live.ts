// The live view: messages of a pattern as they come, and a box to publish one.

import type { App } from "../app.js";
import { type Begin, faultText } from "../feeds/following.js";
import { ROWS_MAX } from "../feeds/tail.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { count, plural, short } from "../lib/format.js";
import { DenialSlot } from "../parts/denied.js";
import { icon } from "../parts/icons.js";
import { PublishBox } from "./publish_box.js";
import { Samples } from "./samples.js";
import { TailRows } from "./tail_rows.js";
import type { View } from "./view.js";

const BEGINS: readonly [Begin, string][] = [
  ["now", "from now on"],
  ["last", "newest of each topic, then on"],
  ["start", "everything retained, then on"],
];
/** So near to the end counts as being there, in pixels. */
const NEAR_END = 24;

export class Live implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #publish: PublishBox;
  readonly #rows: TailRows;
  readonly #denial: DenialSlot;
  readonly #pattern: HTMLInputElement;
  readonly #from: HTMLSelectElement;
  readonly #filter: HTMLInputElement;
  readonly #pause: HTMLButtonElement;
  readonly #fault = h("p", { class: "fault", role: "alert", id: "pattern-fault", hidden: true });
  readonly #tally = h("p", { class: "tally" });
  readonly #state = h("span", { class: "badge" });
  readonly #scroll: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #emptyTitle = h("strong", {});
  readonly #samples: Samples;
  readonly #newer: HTMLButtonElement;
  #drawnFilter = "";
  /** Whether it is paused because a row was opened. */
  #pausedToRead = false;

  constructor(app: App) {
    this.#app = app;
    this.#publish = new PublishBox(app);
    this.#samples = new Samples(app);
    this.#rows = new TailRows({
      reuse: (message) => this.#publish.fill(message),
      follow: (pattern) => this.follow(pattern, "now"),
      reading: (reads) => this.#reading(reads),
    });
    this.#denial = new DenialSlot(() => app.signIn());
    this.#pattern = h("input", {
      id: "pattern",
      value: ">",
      ...PLAIN,
      maxlength: 256,
      required: true,
      "aria-describedby": "pattern-fault",
    });
    this.#from = h("select", { id: "from" }, ...BEGINS.map(([value, text]) => h("option", { value }, text)));
    this.#filter = h("input", {
      id: "filter",
      type: "search",
      placeholder: "Filter: words, -without",
      ...PLAIN,
      "aria-label": "Show only messages with these words; a word after - must not be in them",
    });
    this.#filter.addEventListener("input", () => this.#filtered());
    this.#pause = h("button", { type: "button", id: "pause", on: { click: () => this.togglePause() } });
    this.#newer = h("button", {
      type: "button",
      class: "newer",
      hidden: true,
      on: { click: () => this.#toEnd() },
    });
    this.#empty = h(
      "div",
      { class: "empty" },
      this.#emptyTitle,
      h(
        "p",
        {},
        h("code", {}, "*"),
        " stands for one segment of a topic, a final ",
        h("code", {}, ">"),
        " for one or more. Publish with the box on this page, or from a program:",
      ),
      this.#samples.element,
    );
    this.#scroll = h(
      "div",
      {
        class: "scroll",
        tabindex: 0,
        role: "log",
        "aria-live": "off",
        "aria-label": "Messages, newest last",
      },
      this.#empty,
      this.#rows.element,
    );
    this.#scroll.addEventListener("scroll", () => this.#scrolled());
    this.element = h(
      "div",
      { class: "view live" },
      h("h1", { class: "unseen" }, "Live"),
      this.#panel(),
      this.#publish.element,
    );
  }

  #panel(): HTMLElement {
    const form = h(
      "form",
      { class: "follow" },
      h("label", { for: "pattern" }, "Pattern"),
      this.#pattern,
      h("label", { for: "from", class: "unseen" }, "Begin with"),
      this.#from,
      h("button", { type: "submit" }, icon("follow"), "Follow"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.follow(this.#pattern.value.trim(), this.#from.value as Begin);
    });
    const clear = h("button", { type: "button", on: { click: () => this.#clear() } }, icon("clear"), "Clear");
    return h(
      "section",
      { class: "card tail", "aria-label": "Live tail" },
      form,
      this.#fault,
      h("div", { class: "tail-tools" }, this.#state, this.#tally, this.#filter, this.#pause, clear),
      this.#denial.element,
      h("div", { class: "frame" }, this.#scroll, this.#newer),
    );
  }

  /** The address may name a pattern. */
  open(detail: string): void {
    if (detail !== "" && detail !== this.#app.following.pattern) this.follow(detail, "now");
  }

  follow(pattern: string, from: Begin): void {
    this.#pattern.value = pattern;
    this.#from.value = from;
    try {
      this.#app.following.follow(pattern, from);
      this.#fault.hidden = true;
      this.#app.following.tail.setScrolledUp(false);
      history.replaceState(null, "", `#/live/${encodeURIComponent(pattern)}`);
    } catch (error) {
      setText(this.#fault, faultText(error));
      this.#fault.hidden = false;
      this.#pattern.focus();
    }
    setAttribute(this.#pattern, "aria-invalid", !this.#fault.hidden && "true");
  }

  togglePause(): void {
    this.#setPaused(!this.#app.following.tail.paused);
  }

  /** Nothing moves under whoever reads an open row; it goes on when the last one is closed. */
  #reading(reads: boolean): void {
    const { paused } = this.#app.following.tail;
    if (reads && !paused) {
      this.#setPaused(true);
      this.#pausedToRead = true;
    } else if (!reads && this.#pausedToRead) {
      this.#setPaused(false);
    }
  }

  #setPaused(paused: boolean): void {
    this.#pausedToRead = false;
    this.#app.following.tail.setPaused(paused);
    this.render();
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }

  publishNow(): void {
    this.#publish.submit();
  }

  render(): void {
    const { following } = this.#app;
    const { tail } = following;
    if (tail.flow(Date.now()) || tail.filter.text !== this.#drawnFilter || tail.rows.length === 0)
      this.#draw();
    const [tone, text] = this.#stateOf(tail.paused);
    setAttribute(this.#state, "data-tone", tone);
    setText(this.#state, text);
    setText(this.#tally, this.#tallyText());
    this.#denial.set(following.denial);
    this.#samples.render();
    this.#showPause(tail.paused);
    const held = tail.held;
    this.#newer.hidden = !tail.holding || held === 0 || tail.paused;
    setText(this.#newer, `↓ ${plural(held, "newer message")}`);
    this.#publish.render();
  }

  /** Without a connection nothing is live, whatever the subscription was before. */
  #stateOf(paused: boolean): readonly [tone: string, text: string] {
    if (this.#app.link.state.at !== "connected") return STATES.cut;
    return paused ? STATES.paused : STATES[this.#app.following.state];
  }

  #draw(): void {
    const { following } = this.#app;
    const { tail } = following;
    this.#drawnFilter = tail.filter.text;
    this.#rows.set(tail.rows.filter((row) => row.is === "note" || tail.passes(row.message)));
    this.#empty.hidden = tail.rows.length > 0 || following.denial !== undefined;
    setText(this.#emptyTitle, `Listening to ${following.pattern === ">" ? "everything" : following.pattern}`);
    if (!tail.holding) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #tallyText(): string {
    const { tail, rate } = this.#app.following;
    const parts = [plural(tail.received, "message"), `${short(Math.round(rate))}/s`];
    if (tail.filter.text !== "") parts.push(`${count(tail.filtered)} kept out by the filter`);
    if (tail.paused && tail.held > 0) {
      const out = tail.leftOut > 0 ? `, ${count(tail.leftOut)} of them left out` : "";
      parts.push(`${count(tail.held)} since the pause${out}`);
    } else if (tail.received > ROWS_MAX && tail.filter.text === "") {
      parts.push(`the newest ${ROWS_MAX} shown`);
    }
    return parts.join(" · ");
  }

  #showPause(paused: boolean): void {
    if (this.#pause.getAttribute("aria-pressed") === String(paused)) return;
    setAttribute(this.#pause, "aria-pressed", String(paused));
    this.#pause.replaceChildren(icon(paused ? "play" : "pause"), paused ? "Go on" : "Pause");
  }

  #filtered(): void {
    this.#app.following.tail.setFilter(this.#filter.value);
    this.render();
  }

  #clear(): void {
    this.#app.following.tail.clear();
    this.#app.following.tail.setScrolledUp(false);
    this.#draw();
    this.render();
  }

  #toEnd(): void {
    this.#app.following.tail.setScrolledUp(false);
    this.render();
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#scroll.focus();
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroll;
    const { tail } = this.#app.following;
    const up = scrollTop + clientHeight < scrollHeight - NEAR_END;
    if (up === tail.holding && !tail.paused) return;
    tail.setScrolledUp(up);
    if (!up) this.render();
  }
}

const PLAIN = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" } as const;

const STATES = {
  waiting: ["plain", "Asking"],
  live: ["good", "Live"],
  behind: ["warn", "Behind"],
  asleep: ["plain", "Not begun"],
  refused: ["bad", "Refused"],
  paused: ["warn", "Paused"],
  cut: ["bad", "No connection"],
} as const;

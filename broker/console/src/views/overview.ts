// The overview: is all well, how much goes on, is there room, and what has just happened.

import type { App } from "../app.js";
import { h, setAttribute } from "../lib/dom.js";
import { DenialSlot } from "../parts/denied.js";
import { Attention } from "./attention.js";
import { Charts } from "./charts.js";
import { EventList } from "./event_list.js";
import { Start } from "./start.js";
import { StreamCards } from "./stream_cards.js";
import type { View } from "./view.js";

const SPANS_MIN = [1, 5, 15];
const MINUTE_MS = 60_000;

export class Overview implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #start: Start;
  readonly #attention: Attention;
  readonly #denial: DenialSlot;
  readonly #charts = new Charts();
  readonly #streams: StreamCards;
  readonly #events: EventList;
  #minutes = 1;

  constructor(app: App) {
    this.#app = app;
    this.#start = new Start(app);
    this.#attention = new Attention(app);
    this.#denial = new DenialSlot(() => app.signIn());
    this.#streams = new StreamCards(app);
    this.#events = new EventList(app);
    this.element = h(
      "div",
      { class: "view overview" },
      h("h1", { class: "unseen" }, "Overview"),
      this.#start.element,
      this.#attention.element,
      h(
        "section",
        { class: "figures", "aria-labelledby": "figures-title" },
        h("header", {}, h("h2", { id: "figures-title" }, "Traffic"), this.#spans()),
        this.#denial.element,
        h("div", { class: "grid" }, ...this.#charts.elements),
      ),
      h(
        "div",
        { class: "columns" },
        h(
          "section",
          { class: "card", "aria-labelledby": "streams-title" },
          h(
            "header",
            {},
            h("h2", { id: "streams-title" }, "Streams"),
            h("a", { href: "#/streams" }, "Topics"),
          ),
          this.#streams.element,
        ),
        this.#events.element,
      ),
    );
  }

  open(detail: string): void {
    if (detail !== "events") return;
    const title = this.element.querySelector<HTMLElement>("#events-title");
    title?.scrollIntoView({ block: "start" });
    title?.focus();
  }

  render(): void {
    this.#start.render();
    this.#attention.render();
    this.#denial.set(this.#app.statsDenial);
    setAttribute(this.element, "data-no-stats", this.#app.statsDenial !== undefined);
    if (this.#app.statsDenial === undefined) this.#charts.render(this.#app, this.#minutes * MINUTE_MS);
    this.#streams.render();
    this.#events.render();
  }

  #spans(): HTMLElement {
    const buttons = SPANS_MIN.map((minutes) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(minutes === this.#minutes),
          "aria-label": `The last ${minutes} ${minutes === 1 ? "minute" : "minutes"}`,
          on: {
            click: () => {
              this.#minutes = minutes;
              buttons.forEach((button, at) =>
                setAttribute(button, "aria-pressed", String(SPANS_MIN[at] === minutes)),
              );
              this.render();
            },
          },
        },
        `${minutes} min`,
      ),
    );
    return h("div", { class: "choices", role: "group", "aria-label": "How far back" }, ...buttons);
  }
}

// Events as they happen, newest first: errors, gaps, sessions, and this page's own connection.

import type { App } from "../app.js";
import type { EventKind, LoggedEvent } from "../feeds/events.js";
import { Keyed, type Shown, h, setAttribute } from "../lib/dom.js";
import { clock } from "../lib/format.js";
import { DenialSlot } from "../parts/denied.js";

const CHOICES: readonly { label: string; kinds: readonly EventKind[] }[] = [
  { label: "All", kinds: ["session", "error", "gap", "connection"] },
  { label: "Errors and gaps", kinds: ["error", "gap", "connection"] },
  { label: "Sessions", kinds: ["session"] },
];

export class EventList {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #denial: DenialSlot;
  readonly #list = h("ol", { class: "events", tabindex: 0, "aria-label": "Events, newest first" });
  readonly #empty = h(
    "p",
    { class: "empty-line" },
    "Nothing has happened since this page was opened. Sessions that come and go, errors and gaps stand here as they happen.",
  );
  readonly #shown = new Keyed<LoggedEvent>(this.#list, ({ key }) => String(key), shownEvent);
  #choice = 0;
  #drawn = "";

  constructor(app: App) {
    this.#app = app;
    this.#denial = new DenialSlot(() => app.signIn());
    const buttons = CHOICES.map(({ label }, at) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(at === 0),
          on: {
            click: () => {
              this.#choice = at;
              buttons.forEach((button, other) => setAttribute(button, "aria-pressed", String(at === other)));
              this.render();
            },
          },
        },
        label,
      ),
    );
    this.element = h(
      "section",
      { class: "card", id: "events", "aria-labelledby": "events-title" },
      h(
        "header",
        {},
        h("h2", { id: "events-title", tabindex: -1 }, "Events"),
        h("div", { class: "choices", role: "group", "aria-label": "Which events" }, ...buttons),
      ),
      this.#denial.element,
      this.#empty,
      this.#list,
    );
  }

  render(): void {
    const { events, eventsDenial } = this.#app;
    this.#denial.set(eventsDenial);
    const state = `${events.version} ${this.#choice} ${eventsDenial?.text ?? ""}`;
    if (state === this.#drawn) return;
    this.#drawn = state;
    const kinds = CHOICES[this.#choice]?.kinds ?? [];
    const wanted = events.all.filter(({ kind }) => kinds.includes(kind));
    this.#shown.set(wanted);
    this.#empty.hidden = wanted.length > 0 || eventsDenial !== undefined;
    this.#list.hidden = wanted.length === 0;
  }
}

function shownEvent({ t, tone, title, detail }: LoggedEvent): Shown<LoggedEvent> {
  const element = h(
    "li",
    { "data-tone": tone },
    h("time", {}, clock(t)),
    h("p", {}, h("strong", {}, title), h("span", {}, detail)),
  );
  return { element, update: () => undefined };
}

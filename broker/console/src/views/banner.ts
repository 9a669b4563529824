// What stands across the page while there is no connection, and what to do about it.

import type { App } from "../app.js";
import type { LinkState } from "../feeds/link.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { span } from "../lib/format.js";
import { icon } from "../parts/icons.js";

/** A break that is over before this time is not worth a banner. */
const QUIET_MS = 700;
/** From here on it is worth saying what may be wrong beside the broker. */
const LONG_MS = 8_000;

export class Banner {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #title = h("strong", {});
  readonly #detail = h("span", {});
  readonly #again: HTMLButtonElement;

  constructor(app: App) {
    this.#app = app;
    this.#again = h("button", { type: "button", on: { click: () => app.link.start() } }, "Connect again");
    this.element = h(
      "div",
      { class: "banner", role: "alert", hidden: true },
      icon("alert"),
      h("p", {}, this.#title, " ", this.#detail),
      this.#again,
    );
  }

  render(): void {
    const told = tell(this.#app.link.state, Date.now(), this.#app.page.clients);
    this.element.hidden = told === undefined;
    if (told === undefined) return;
    setText(this.#title, told.title);
    setText(this.#detail, told.detail);
    this.#again.hidden = !told.again;
    setAttribute(this.element, "data-at", this.#app.link.state.at);
  }
}

/** What is to be told of the connection; nothing while all is well. Pure. */
export function tell(
  state: LinkState,
  now: number,
  clients: string,
): { title: string; detail: string; again: boolean } | undefined {
  if (state.at === "ended") return { title: "Disconnected.", detail: state.why, again: true };
  if (state.at !== "lost" || now - state.since < QUIET_MS) return undefined;
  const title = `No connection for ${span(now - state.since)}.`;
  if (now - state.since < LONG_MS) {
    return { title, detail: "It comes back by itself; what is shown is as it was before.", again: false };
  }
  const detail = `Does the broker run, can this machine reach ${clients}, and may pages of ${location.origin} connect there (allowed_origins)?`;
  return { title, detail, again: false };
}

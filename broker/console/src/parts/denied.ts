// What stands in a panel that may not show its data, or can't.

import type { Denial } from "../feeds/denial.js";
import { h } from "../lib/dom.js";
import { icon } from "./icons.js";

const TITLES = {
  sign_in: "Sign in to see this",
  forbidden: "You may not see this",
  trouble: "This can't be read right now",
} as const;

export function denied({ kind, text }: Denial, signIn: () => void): HTMLElement {
  const button = h("button", { type: "button", on: { click: signIn } }, icon("key"), "Sign in");
  const other = h(
    "button",
    { type: "button", on: { click: signIn } },
    icon("key"),
    "Sign in as somebody else",
  );
  return h(
    "div",
    { class: "denied", "data-kind": kind },
    h("strong", {}, TITLES[kind]),
    h("p", {}, text),
    kind === "sign_in" ? button : kind === "forbidden" && other,
  );
}

/** Shows a denial in its place, made anew only when it is another one. */
export class DenialSlot {
  readonly element = h("div", { hidden: true });
  readonly #signIn: () => void;
  #shown = "";

  constructor(signIn: () => void) {
    this.#signIn = signIn;
  }

  set(denial: Denial | undefined): void {
    const key = denial === undefined ? "" : `${denial.kind} ${denial.text}`;
    this.element.hidden = denial === undefined;
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.replaceChildren(...(denial === undefined ? [] : [denied(denial, this.#signIn)]));
  }
}

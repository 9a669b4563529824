// Help: keys, words, and where to read on.

import { h } from "../lib/dom.js";
import { dialog } from "../parts/dialog.js";
import { stored } from "../parts/stored.js";
import type { App } from "../app.js";
import { Samples } from "./samples.js";

const KEYS: readonly [string, string][] = [
  ["1 … 4", "Overview, Live, Sessions, Streams"],
  ["/", "Filter, find"],
  ["p", "Pause the live tail, and go on"],
  ["Ctrl Enter", "Publish"],
  ["← →", "Read a chart that has the focus"],
  ["?", "This help"],
];

const WORDS: readonly [string, string][] = [
  [
    "Behind",
    "A subscription whose socket takes less than is published reads from its stream at its own pace, until it has caught up. Nobody else waits.",
  ],
  [
    "Gap",
    "Messages that a subscriber can't have: expired, reset or dropped. It is told which, in their place.",
  ],
  ["Ephemeral", "A topic that no stream keeps: who listens hears it, and it can't be had again."],
];

/** Keys of one character get in the way of some people's tools, so they can be switched off. */
export const singleKeys = stored("fanfare.keys", ["on", "off"] as const, "on");

/** What opens the help. */
export function helpDialog(app: App): () => void {
  const samples = new Samples(app);
  const check = h("input", { type: "checkbox", checked: singleKeys.get() === "on" });
  check.addEventListener("change", () => singleKeys.set(check.checked ? "on" : "off"));
  const list = (rows: readonly [string, string][], term: (text: string) => Node): HTMLElement =>
    h(
      "dl",
      { class: "help-list" },
      ...rows.flatMap(([name, text]) => [h("dt", {}, term(name)), h("dd", {}, text)]),
    );
  const made = dialog(
    "Help",
    h("h3", {}, "Keys"),
    list(KEYS, (text) => h("span", {}, ...text.split(" ").map((key) => h("kbd", {}, key)))),
    h("label", { class: "check" }, check, "Keys of a single character"),
    h("h3", {}, "From a program"),
    samples.element,
    h("h3", {}, "Words"),
    list(WORDS, (text) => document.createTextNode(text)),
    h(
      "p",
      { class: "hint" },
      "Everything here comes from the HTTP API (",
      h("a", { href: "/openapi.json" }, "/openapi.json"),
      ") and the topics $sys.>, which any client with permission may use. For the long run: ",
      h("a", { href: "/metrics" }, "/metrics"),
      ".",
    ),
  );
  document.body.append(made);
  return () => {
    samples.render();
    made.showModal();
  };
}

// The rows of the live tail: a message in one line that opens, or a notice in its place between them.

import type { Message } from "fanfare-client";

import type { Row } from "../feeds/tail.js";
import { h, setChildren } from "../lib/dom.js";
import { bytes, clock, clockMs, count } from "../lib/format.js";
import { copyButton } from "../parts/copy.js";
import { payloadView, preview } from "../parts/payload.js";
import { tintOf } from "../parts/tint.js";

export interface RowDeeds {
  /** Fills the publish box with this message. */
  reuse(message: Message): void;
  follow(pattern: string): void;
  /** A row is open, so somebody reads; or none is any more. */
  reading(reads: boolean): void;
}

/** The list on the screen: what is new is added, what has gone is taken away, and nothing else is touched. */
export class TailRows {
  readonly element = h("ol", { class: "rows" });
  readonly #deeds: RowDeeds;
  readonly #made = new Map<number, HTMLLIElement>();

  constructor(deeds: RowDeeds) {
    this.#deeds = deeds;
  }

  set(rows: readonly Row[]): void {
    const keys = new Set(rows.map(({ key }) => key));
    for (const key of this.#made.keys()) if (!keys.has(key)) this.#made.delete(key);
    setChildren(
      this.element,
      rows.map((row) => this.#elementOf(row)),
    );
  }

  #elementOf(row: Row): HTMLLIElement {
    const known = this.#made.get(row.key);
    if (known !== undefined) return known;
    const made = row.is === "note" ? noteRow(row) : this.#messageRow(row.message, row.sizeBytes);
    this.#made.set(row.key, made);
    return made;
  }

  #messageRow(message: Message, size: number): HTMLLIElement {
    const { topic, seq, timeMs } = message;
    const summary = h(
      "summary",
      {},
      h("time", {}, clockMs(timeMs)),
      h("span", { class: "topic", "data-tint": tintOf(topic), title: topic }, topic),
      h("span", { class: "data" }, preview(message)),
      h("span", { class: "seq" }, seq === undefined ? "ephemeral" : `#${count(seq)}`),
    );
    const details = h("details", {}, summary);
    const grow = (): void => {
      if (details.open && details.childElementCount === 1) details.append(this.#whole(message, size));
      if (details.open) details.scrollIntoView({ block: "nearest" });
      this.#deeds.reading(this.element.querySelector(":scope > li > details[open]") !== null);
    };
    details.addEventListener("toggle", grow);
    return h("li", {}, details);
  }

  #whole(message: Message, size: number): HTMLElement {
    const { topic, stream, seq, prev, by, headers = {} } = message;
    const place = stream === undefined ? "ephemeral: in no stream" : `${stream} #${seq ?? "?"}`;
    const facts: [string, string | undefined][] = [
      ["topic", topic],
      ["place", place],
      ["the one before on this topic", prev === undefined ? undefined : `#${prev}`],
      ["published", message.time.toISOString()],
      ["by", by],
      ["payload", `${message.kind}, ${bytes(size)}`],
      ...Object.entries(headers).map(([name, value]): [string, string] => [`header ${name}`, value]),
    ];
    const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
    const payload = payloadView(message);
    const button = (text: string, deed: () => void): HTMLButtonElement =>
      h("button", { type: "button", class: "quiet", on: { click: deed } }, text);
    return h(
      "div",
      { class: "whole" },
      h(
        "dl",
        { class: "facts" },
        ...known.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
      ),
      payload,
      h(
        "div",
        { class: "actions" },
        copyButton(
          "Copy the payload",
          () => message.text(),
          () => payload,
        ),
        button("Follow this topic", () => this.#deeds.follow(topic)),
        message.kind !== "bytes" && button("Publish like this", () => this.#deeds.reuse(message)),
      ),
    );
  }
}

function noteRow({ t, tone, text }: Row & { is: "note" }): HTMLLIElement {
  return h("li", { class: "note", "data-tone": tone }, h("time", {}, clock(t)), h("span", {}, text));
}

// A payload to look into: JSON as a tree that opens, text as it is, bytes as hexadecimal.

import type { Message } from "fanfare-client";

import { h } from "../lib/dom.js";
import { plural } from "../lib/format.js";
import { type Entry, type Node as Json, parse } from "../lib/json_text.js";

/** Branches that open by themselves: down to this depth, if they are not longer than the next. */
const OPEN_DEPTH = 2;
const OPEN_ENTRIES = 30;
/** Entries of a branch that are shown at a time. */
const ENTRIES_SHOWN = 100;
/** Characters of a text that are shown; more take a press. */
const TEXT_SHOWN = 20_000;
const BYTES_SHOWN = 512;
const PREVIEW_CHARS = 300;

/** The beginning of a payload, in one line. */
export function preview(message: Message): string {
  if (message.kind === "bytes")
    return hex(message.bytes().subarray(0, 24)) + (message.bytes().length > 24 ? " …" : "");
  const text = message.text();
  return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
}

export function payloadView(message: Message): HTMLElement {
  if (message.kind === "bytes") return bytesView(message.bytes());
  const json = message.kind === "json" ? parse(message.text()) : undefined;
  return json === undefined
    ? textView(message.text())
    : h("div", { class: "tree" }, tree(json, undefined, 0));
}

function textView(text: string): HTMLElement {
  const pre = h("pre", { class: "text" }, text.slice(0, TEXT_SHOWN));
  if (text.length <= TEXT_SHOWN) return pre;
  const more = h("button", { type: "button" }, `Show all ${plural(text.length, "character")}`);
  more.addEventListener("click", () => {
    pre.textContent = text;
    more.remove();
  });
  return h("div", {}, pre, more);
}

function bytesView(bytes: Uint8Array): HTMLElement {
  const rows = Array.from({ length: Math.ceil(Math.min(bytes.length, BYTES_SHOWN) / 16) }, (_, row) => {
    const part = bytes.subarray(row * 16, row * 16 + 16);
    const text = [...part]
      .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·"))
      .join("");
    return `${(row * 16).toString(16).padStart(4, "0")}  ${hex(part).padEnd(47)}  ${text}`;
  });
  const rest = bytes.length > BYTES_SHOWN ? `\n… ${plural(bytes.length - BYTES_SHOWN, "byte")} more` : "";
  return h("pre", { class: "text" }, rows.join("\n") + rest);
}

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

function tree(node: Json, name: string | undefined, depth: number): HTMLElement {
  if (!("entries" in node)) return h("div", { class: "leaf" }, ...label(name), leaf(node));
  const [open, close] = node.kind === "object" ? "{}" : "[]";
  const { entries } = node;
  if (entries.length === 0) return h("div", { class: "leaf" }, ...label(name), `${open} ${close}`);
  const branch = h("div", { class: "branch" });
  const words = plural(entries.length, node.kind === "object" ? "field" : "element");
  const summary = h(
    "summary",
    {},
    ...label(name),
    `${open} `,
    h("span", { class: "many" }, words),
    ` ${close}`,
  );
  const details = h(
    "details",
    { open: depth < OPEN_DEPTH && entries.length <= OPEN_ENTRIES },
    summary,
    branch,
  );
  const grow = (): void => {
    if (details.open && branch.childElementCount === 0) addEntries(branch, entries, 0, depth);
  };
  details.addEventListener("toggle", grow);
  grow();
  return details;
}

function addEntries(branch: HTMLElement, entries: readonly Entry[], from: number, depth: number): void {
  const part = entries.slice(from, from + ENTRIES_SHOWN);
  branch.append(...part.map(({ name, node }, at) => tree(node, name ?? String(from + at), depth + 1)));
  const rest = entries.length - from - part.length;
  if (rest === 0) return;
  const more = h("button", { type: "button" }, `Show ${Math.min(rest, ENTRIES_SHOWN)} more of ${rest}`);
  more.addEventListener("click", () => {
    more.remove();
    addEntries(branch, entries, from + part.length, depth);
  });
  branch.append(more);
}

const label = (name: string | undefined): (string | Node)[] =>
  name === undefined ? [] : [h("span", { class: "name" }, name), ": "];

function leaf(node: Json & { text: string }): HTMLElement {
  return h("span", { class: node.kind }, node.kind === "string" ? JSON.stringify(node.text) : node.text);
}

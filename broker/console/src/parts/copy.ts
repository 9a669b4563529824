// A piece of code with a button that copies it.

import { h, setText } from "../lib/dom.js";
import { icon } from "./icons.js";

const TOLD_MS = 2_000;

/** A button that copies what `text` gives. Where the page may not, it selects `shown` instead. */
export function copyButton(label: string, text: () => string, shown?: () => Node): HTMLButtonElement {
  const said = h("span", {}, "Copy");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (words: string): void => {
    setText(said, words);
    clearTimeout(timer);
    timer = setTimeout(() => setText(said, "Copy"), TOLD_MS);
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      tell("Copied");
    } catch {
      // Only pages of this machine, or over HTTPS, may write to the clipboard.
      const node = shown?.();
      if (node !== undefined) getSelection()?.selectAllChildren(node);
      tell(node === undefined ? "Not allowed" : "Press Ctrl C");
    }
  };
  const button = h(
    "button",
    { type: "button", class: "quiet copy", "aria-label": label, on: { click: () => void copy() } },
    icon("copy"),
    said,
  );
  return button;
}

/** Code to be pasted elsewhere. */
export function codeBlock(label: string, text: string): HTMLElement {
  const code = h("code", {}, text);
  return h(
    "div",
    { class: "code" },
    h("pre", { tabindex: 0, "aria-label": label }, code),
    copyButton(
      `Copy: ${label}`,
      () => text,
      () => code,
    ),
  );
}

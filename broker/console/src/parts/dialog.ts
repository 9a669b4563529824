// Dialogs: the browser's own, so that focus stays inside, Escape closes, and focus goes back.

import { type Child, h } from "../lib/dom.js";
import { icon } from "./icons.js";

/** A dialog with a title; pressing beside it closes it. */
export function dialog(title: string, ...children: Child[]): HTMLDialogElement {
  const id = `dialog-${title.toLowerCase().replace(/\W+/g, "-")}`;
  const close = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Close", on: { click: () => made.close() } },
    icon("close"),
  );
  const made = h(
    "dialog",
    { "aria-labelledby": id },
    h("header", {}, h("h2", { id }, title), close),
    h("div", { class: "dialog-body" }, ...children),
  );
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  return made;
}

/** Asks before something that can't be taken back. */
export async function confirmed(title: string, text: string, deed: string): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    const decide = (yes: boolean) => () => {
      answer = yes;
      made.close();
    };
    const made = dialog(
      title,
      h("p", {}, text),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", autofocus: true, on: { click: decide(false) } }, "Cancel"),
        h("button", { type: "button", class: "danger", on: { click: decide(true) } }, deed),
      ),
    );
    made.addEventListener("close", () => {
      made.remove();
      resolve(answer);
    });
    document.body.append(made);
    made.showModal();
  });
}

// Light, dark, or as the system has it.

import { h, setAttribute } from "../lib/dom.js";
import { icon } from "./icons.js";
import { stored } from "./stored.js";

const THEMES = ["auto", "light", "dark"] as const;
const ICONS = { auto: "auto", light: "sun", dark: "moon" } as const;
const WORDS = { auto: "as the system has it", light: "light", dark: "dark" } as const;

/** A button that goes from one theme to the next. */
export function themeButton(): HTMLButtonElement {
  const choice = stored("fanfare.theme", THEMES, "auto");
  const button = h("button", { type: "button", class: "quiet" });
  const show = (): void => {
    const theme = choice.get();
    setAttribute(document.documentElement, "data-theme", theme === "auto" ? undefined : theme);
    button.replaceChildren(icon(ICONS[theme]));
    const label = `Theme: ${WORDS[theme]}. Press for the next one`;
    setAttribute(button, "aria-label", label);
    setAttribute(button, "title", label);
  };
  button.addEventListener("click", () => {
    choice.set(THEMES[(THEMES.indexOf(choice.get()) + 1) % THEMES.length] ?? "auto");
    show();
  });
  show();
  return button;
}

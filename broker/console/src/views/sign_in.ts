// Signing in: with a token or an API key, which stays in this tab.

import type { App } from "../app.js";
import { h, setText } from "../lib/dom.js";
import { dialog } from "../parts/dialog.js";
import { codeBlock } from "../parts/copy.js";

/** What an API key for this page looks like in the configuration, below the lines that `fanfare token key` prints. */
const GRANTS = `subscribe = [">", "$sys.>"]
publish = [">"]
admin = true`;

export class SignIn {
  readonly #app: App;
  readonly #dialog: HTMLDialogElement;
  readonly #why = h("p", { class: "why", role: "alert" });
  readonly #token: HTMLInputElement;

  constructor(app: App) {
    this.#app = app;
    this.#token = h("input", {
      id: "token",
      type: "password",
      required: true,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": "token-hint",
    });
    const shown = h("input", { type: "checkbox" });
    shown.addEventListener("change", () => {
      this.#token.type = shown.checked ? "text" : "password";
    });
    const form = h(
      "form",
      { method: "dialog" },
      h("label", { for: "token" }, "Token or API key"),
      this.#token,
      h("label", { class: "check" }, shown, "Show it"),
      h(
        "p",
        { class: "hint", id: "token-hint" },
        "It stays in this tab until you sign out or close it, and is sent to this broker alone. Sessions and streams need admin, charts and events a grant for $sys.>.",
      ),
      h("div", { class: "actions" }, h("button", { class: "main", type: "submit" }, "Sign in")),
    );
    form.addEventListener("submit", () => {
      const token = this.#token.value.trim();
      this.#token.value = "";
      if (token !== "") app.link.signIn(token);
    });
    const how = h(
      "details",
      {},
      h("summary", {}, "How do I get one?"),
      h("p", {}, "From whoever runs this broker. If that is you, make an API key:"),
      codeBlock("a command that makes an API key", "fanfare token key console"),
      h("p", {}, "Put the lines that it prints into the configuration, with these grants:"),
      codeBlock("what the key may, in TOML", GRANTS),
      h("p", {}, "Then reload the broker (SIGHUP), and sign in here with the key."),
    );
    this.#dialog = dialog("Sign in to this broker", this.#why, form, how);
    document.body.append(this.#dialog);
  }

  /** Asks, and says why. */
  open(): void {
    const { state } = this.#app.link;
    const why =
      state.at === "signed_out"
        ? state.hadToken
          ? `The broker did not accept that: ${state.why}.`
          : "This broker wants to know who you are."
        : "";
    setText(this.#why, why);
    this.#why.hidden = why === "";
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#token.focus();
  }
}

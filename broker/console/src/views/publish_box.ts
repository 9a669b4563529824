// The publish box: a topic, a payload, and what became of it.

import { type Message, type PublishOptions, json } from "fanfare-client";

import type { App } from "../app.js";
import { faultText } from "../feeds/following.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { count, millis } from "../lib/format.js";
import { readJson } from "../lib/exact_json.js";

const PLAIN = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" } as const;

export class PublishBox {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #form: HTMLFormElement;
  readonly #topic: HTMLInputElement;
  readonly #payload: HTMLTextAreaElement;
  readonly #asJson: HTMLInputElement;
  readonly #asText: HTMLInputElement;
  readonly #key: HTMLInputElement;
  readonly #expect: HTMLInputElement;
  readonly #send: HTMLButtonElement;
  readonly #outcome = h("p", { class: "outcome", role: "status", id: "publish-outcome" });

  constructor(app: App) {
    this.#app = app;
    this.#topic = h("input", {
      id: "topic",
      value: "orders.eu.42",
      ...PLAIN,
      maxlength: 256,
      required: true,
    });
    this.#asJson = h("input", { type: "radio", name: "kind", value: "json", checked: true });
    this.#asText = h("input", { type: "radio", name: "kind", value: "text" });
    this.#payload = h("textarea", { id: "payload", ...PLAIN, rows: 6 }, '{"item": "trumpet", "quantity": 1}');
    this.#key = h("input", { id: "key", ...PLAIN, maxlength: 128, placeholder: "none" });
    this.#expect = h("input", {
      id: "expect",
      ...PLAIN,
      inputmode: "numeric",
      pattern: "[0-9]*",
      placeholder: "any",
    });
    this.#send = h("button", { class: "main", type: "submit", title: "Ctrl Enter" }, "Publish");
    this.#form = h(
      "form",
      {},
      h("label", { for: "topic" }, "Topic"),
      this.#topic,
      h("label", { for: "payload" }, "Payload"),
      this.#payload,
      h(
        "fieldset",
        {},
        h("legend", { class: "unseen" }, "Kind of payload"),
        h("label", { class: "check" }, this.#asJson, "JSON"),
        h("label", { class: "check" }, this.#asText, "Text"),
      ),
      this.#options(),
      h(
        "div",
        { class: "actions" },
        this.#send,
        h("span", { class: "hint" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")),
      ),
      this.#outcome,
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#publish();
    });
    this.element = h(
      "section",
      { class: "card publish", "aria-labelledby": "publish-title" },
      h("header", {}, h("h2", { id: "publish-title" }, "Publish")),
      this.#form,
    );
  }

  render(): void {
    this.#send.disabled = this.#app.link.state.at !== "connected";
  }

  submit(): void {
    if (!this.#send.disabled) this.#form.requestSubmit();
  }

  /** Takes over a message, to publish one like it. */
  fill(message: Message): void {
    this.#topic.value = message.topic;
    this.#payload.value = message.text();
    this.#asText.checked = message.kind === "text";
    this.#asJson.checked = message.kind !== "text";
    this.#payload.focus();
  }

  #options(): HTMLElement {
    return h(
      "details",
      { class: "options" },
      h("summary", {}, "Options"),
      h("label", { for: "key" }, "Key"),
      this.#key,
      h(
        "p",
        { class: "hint" },
        "A second publish with this key on this topic is acknowledged, and delivered once.",
      ),
      h("label", { for: "expect" }, "Expect"),
      this.#expect,
      h("p", { class: "hint" }, "Publish only if this is the topic's last retained sequence; 0: none."),
    );
  }

  async #publish(): Promise<void> {
    const { fanfare } = this.#app.link;
    if (fanfare === undefined) return;
    const text = this.#payload.value;
    const value = this.#asJson.checked ? readJson(text) : { of: text };
    if (value === undefined) {
      this.#payload.focus();
      this.#tell("bad", "The payload is no JSON. Mend it, or choose Text.");
      return;
    }
    this.#tell("plain", "Publishing …");
    const began = performance.now();
    try {
      const payload = this.#asJson.checked ? json(value.of) : value.of;
      const { stream, seq, duplicate } = await fanfare.publish(
        this.#topic.value.trim(),
        payload,
        this.#asked(),
      );
      const took = millis(performance.now() - began);
      const place =
        seq === undefined
          ? "to whoever listens now: no stream keeps it"
          : `as ${stream ?? ""} #${count(seq)}`;
      this.#tell(
        "good",
        duplicate ? `A repeat: stands ${place} already` : `Published ${place}, acknowledged in ${took}`,
      );
    } catch (error) {
      this.#tell("bad", faultText(error));
    }
  }

  #asked(): PublishOptions {
    const key = this.#key.value;
    const expect = this.#expect.value.trim();
    return { ...(key !== "" && { key }), ...(expect !== "" && { expect: Number(expect) }) };
  }

  #tell(tone: "plain" | "good" | "bad", text: string): void {
    setAttribute(this.#outcome, "data-tone", tone);
    setText(this.#outcome, text);
  }
}

// The first steps: the broker runs; publish something, see it arrive; and how to do that from a program.

import type { Fanfare, Message, Subscription } from "fanfare-client";

import type { App } from "../app.js";
import { denialOf } from "../feeds/denial.js";
import { faultText } from "../feeds/following.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { digits } from "../lib/format.js";
import { icon } from "../parts/icons.js";
import { stored } from "../parts/stored.js";
import { Samples } from "./samples.js";

const TOPIC = "hello.world";

export class Start {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #closed = stored("fanfare.start", ["open", "closed"] as const, "open");
  readonly #samples: Samples;
  readonly #topic = h("input", {
    id: "hello-topic",
    value: TOPIC,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: 256,
    required: true,
  });
  readonly #outcome = h("p", { class: "outcome", role: "status" });
  #subscription: Subscription | undefined;
  #sentAt = 0;
  #greeted = 0;
  /** It stays while it is used. */
  #used = false;

  constructor(app: App) {
    this.#app = app;
    this.#samples = new Samples(app);
    const form = h(
      "form",
      { class: "hello" },
      h("label", { for: "hello-topic" }, "Topic"),
      this.#topic,
      h("button", { type: "submit", class: "main" }, "Publish"),
      h("a", { href: "#/live" }, "Watch all messages live"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#greet(this.#topic.value.trim());
    });
    const dismiss = h(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": "Close the first steps",
        on: { click: () => this.#close() },
      },
      icon("close"),
    );
    this.element = h(
      "section",
      { class: "card start", "aria-labelledby": "start-title" },
      h("header", {}, h("h2", { id: "start-title" }, "Your broker is running"), dismiss),
      h(
        "div",
        { class: "start-columns" },
        h(
          "div",
          {},
          h(
            "p",
            {},
            "Whoever subscribes to a pattern hears what is published to its topics, in order, each message once. Try it: this page subscribes, publishes, and tells you what it heard.",
          ),
          form,
          this.#outcome,
        ),
        this.#samples.element,
      ),
    );
  }

  render(): void {
    this.#samples.render();
    this.element.hidden = this.#closed.get() === "closed" || !(this.#used || this.#app.pristine);
  }

  #close(): void {
    this.#closed.set("closed");
    this.#subscription?.unsubscribe();
    this.render();
  }

  async #greet(topic: string): Promise<void> {
    const { fanfare } = this.#app.link;
    if (fanfare === undefined) return;
    this.#used = true;
    try {
      if (this.#subscription?.pattern !== topic) await this.#listen(fanfare, topic);
      this.#greeted += 1;
      this.#sentAt = performance.now();
      await fanfare.publish(topic, { hello: "world", times: this.#greeted });
    } catch (error) {
      const next =
        denialOf(error).kind === "forbidden"
          ? ". Try a topic that you may publish to and hear, or sign in as somebody else."
          : "";
      this.#tell("bad", faultText(error) + next);
    }
  }

  async #listen(fanfare: Fanfare, topic: string): Promise<void> {
    this.#subscription?.unsubscribe();
    const subscription = fanfare.subscribe(topic, (message) => this.#heard(message));
    this.#subscription = subscription;
    // With another session, or when it is refused, the next press subscribes again.
    void subscription.ended.then(() => {
      if (this.#subscription === subscription) this.#subscription = undefined;
    });
    await subscription.ready;
  }

  #heard(message: Message): void {
    const place =
      message.seq === undefined ? "" : ` as number ${message.seq} of stream ${message.stream ?? ""}`;
    this.#tell(
      "good",
      `Arrived after ${digits(performance.now() - this.#sentAt)} ms${place}: ${message.text()}`,
    );
  }

  #tell(tone: string, text: string): void {
    setAttribute(this.#outcome, "data-tone", tone);
    setText(this.#outcome, text);
  }
}

// The first steps: the broker runs; publish something, see it arrive; and how to do that from a program.

import type { Message, Subscription } from "fanfare-client";

import type { App } from "../app.js";
import { faultText } from "../feeds/following.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { digits } from "../lib/format.js";
import { codeBlock } from "../parts/copy.js";
import { icon } from "../parts/icons.js";
import { stored } from "../parts/stored.js";

const TOPIC = "hello.world";

export class Start {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #closed = stored("fanfare.start", ["open", "closed"] as const, "open");
  readonly #outcome = h("p", { class: "outcome", role: "status" });
  #subscription: Subscription | undefined;
  #sentAt = 0;
  #greeted = 0;
  /** It stays while it is used. */
  #used = false;

  constructor(app: App) {
    this.#app = app;
    const greet = h("button", { type: "button", class: "main", on: { click: () => void this.#greet() } });
    greet.append("Publish to ", h("code", {}, TOPIC));
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
          h("div", { class: "actions" }, greet, h("a", { href: "#/live" }, "Watch all messages live")),
          this.#outcome,
        ),
        samples(app),
      ),
    );
  }

  render(): void {
    this.element.hidden = this.#closed.get() === "closed" || !(this.#used || this.#app.pristine);
  }

  #close(): void {
    this.#closed.set("closed");
    this.#subscription?.unsubscribe();
    this.render();
  }

  async #greet(): Promise<void> {
    const { fanfare } = this.#app.link;
    if (fanfare === undefined) return;
    this.#used = true;
    try {
      if (this.#subscription === undefined) {
        const subscription = fanfare.subscribe(TOPIC, (message) => this.#heard(message));
        this.#subscription = subscription;
        // With another session, or when it is refused, the next press subscribes again.
        void subscription.ended.then(() => {
          if (this.#subscription === subscription) this.#subscription = undefined;
        });
        await subscription.ready;
      }
      this.#greeted += 1;
      this.#sentAt = performance.now();
      await fanfare.publish(TOPIC, { hello: "world", times: this.#greeted });
    } catch (error) {
      this.#tell("bad", faultText(error));
    }
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

/** The same from elsewhere, for this broker's addresses. */
export function samples({ page }: App): HTMLElement {
  const server = page.clients === "ws://127.0.0.1:7440" ? "" : `export FANFARE_SERVER=${page.clients}\n`;
  const all = [
    {
      name: "Shell",
      code: `${server}fanfare sub 'hello.>' &\nfanfare pub --json hello.world '{"hello":"shell"}'`,
    },
    {
      name: "curl",
      code: `curl ${page.internal}/v1/topics/hello.world/messages \\\n  -H 'Content-Type: application/json' -d '{"hello":"curl"}'`,
    },
    {
      name: "TypeScript",
      code: `import { connect } from "fanfare-client";\n\nconst fanfare = connect("${page.clients}");\nawait fanfare.publish("hello.world", { hello: "TypeScript" });\nfor await (const m of fanfare.subscribe("hello.>", { from: "start" })) {\n  console.log(m.topic, m.text());\n}`,
    },
    {
      name: "Rust",
      code: `let client = fanfare_client::Client::connect("${page.clients}").await?;\nclient.publish("hello.world", "hello from Rust").await?;`,
    },
  ];
  const blocks = all.map(({ name, code }) => codeBlock(`${name} example`, code));
  const tabs = all.map(({ name }, at) =>
    h("button", { type: "button", "aria-pressed": String(at === 0), on: { click: () => show(at) } }, name),
  );
  const show = (at: number): void => {
    tabs.forEach((tab, other) => setAttribute(tab, "aria-pressed", String(at === other)));
    blocks.forEach((block, other) => (block.hidden = at !== other));
  };
  show(0);
  return h(
    "div",
    { class: "samples" },
    h("div", { class: "choices", role: "group", "aria-label": "From a program, in" }, ...tabs),
    ...blocks,
  );
}

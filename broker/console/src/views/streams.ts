// Streams and the topics in use.

import type { App } from "../app.js";
import { type TopicRow, topicsPath } from "../feeds/api.js";
import { Poll } from "../feeds/poll.js";
import { type Shown, h, setAttribute, setText } from "../lib/dom.js";
import { count, plural } from "../lib/format.js";
import { DenialSlot } from "../parts/denied.js";
import { type Column, Table, cell } from "../parts/table.js";
import { tintOf } from "../parts/tint.js";
import { StreamCards, streamsText } from "./stream_cards.js";
import type { View } from "./view.js";

type TopicColumn = "topic" | "subscribers" | "messages" | "stream" | "last";

const EVERY_MS = 4_000;
const PAGE = 100;
/** Topics that are shown at most: a list of more is no list that anybody reads. */
const TOPICS_MAX = 1_000;

const COLUMNS: readonly Column<TopicRow, TopicColumn>[] = [
  { key: "topic", title: "Topic", first: "ascending", value: (row) => row.topic },
  {
    key: "subscribers",
    title: "Subscribers",
    number: true,
    first: "descending",
    value: (row) => row.subscribers,
  },
  {
    key: "messages",
    title: "Messages kept",
    number: true,
    first: "descending",
    value: (row) => row.messages,
  },
  { key: "stream", title: "Stream", first: "ascending", value: (row) => row.stream },
  { key: "last", title: "Newest", number: true, first: "descending", value: (row) => row.last },
];

interface Topics {
  readonly rows: readonly TopicRow[];
  readonly more: boolean;
}

export class Streams implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #cards: StreamCards;
  readonly #poll: Poll<Topics>;
  readonly #table: Table<TopicRow, TopicColumn>;
  readonly #denial: DenialSlot;
  readonly #pattern: HTMLInputElement;
  readonly #fault = h("p", { class: "fault", role: "alert", hidden: true });
  readonly #sum = h("p", { class: "tally" });
  readonly #tally = h("p", { class: "tally", role: "status" });
  readonly #more: HTMLButtonElement;
  readonly #empty = h(
    "p",
    { class: "empty-line" },
    "No topic here has a retained message, or a subscription by its whole name. Topics need not be made: publish to one, and it is there.",
  );
  #wanted = ">";
  #limit = PAGE;
  #drawn: Topics | undefined;

  constructor(app: App) {
    this.#app = app;
    this.#cards = new StreamCards(app);
    const wanted = (): boolean => !document.hidden && app.view === "streams";
    this.#poll = new Poll(
      () => this.#read(),
      EVERY_MS,
      wanted,
      () => {
        if (wanted()) this.render();
      },
    );
    this.#table = new Table<TopicRow, TopicColumn>({
      label: "Topics in use",
      columns: COLUMNS,
      sorting: { by: "topic", direction: "ascending" },
      keyOf: ({ topic }) => topic,
      make: shownTopic,
      resorted: () => undefined,
    });
    this.#denial = new DenialSlot(() => app.signIn());
    this.#pattern = h("input", {
      id: "topics-pattern",
      value: ">",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      maxlength: 256,
      "aria-label": "Only topics of this pattern",
    });
    this.#more = h("button", { type: "button", on: { click: () => this.#showMore() } }, "Show more");
    const form = h(
      "form",
      { class: "find" },
      h("label", { for: "topics-pattern" }, "Pattern"),
      this.#pattern,
      h("button", { type: "submit" }, "Show"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#wanted = this.#pattern.value.trim() || ">";
      this.#limit = PAGE;
      this.#poll.refresh(true);
    });
    this.element = h(
      "div",
      { class: "view" },
      h(
        "section",
        { class: "card", "aria-labelledby": "all-streams-title" },
        h("header", {}, h("h1", { id: "all-streams-title" }, "Streams"), this.#sum),
        this.#cards.element,
      ),
      h(
        "section",
        { class: "card", "aria-labelledby": "topics-title" },
        h("header", {}, h("h2", { id: "topics-title" }, "Topics in use"), this.#tally, form),
        this.#fault,
        this.#denial.element,
        this.#table.element,
        this.#empty,
        h("div", { class: "actions" }, this.#more),
      ),
    );
  }

  open(): void {
    this.#poll.refresh();
  }

  wake(): void {
    this.#poll.refresh();
  }

  focusFilter(): void {
    this.#pattern.focus();
    this.#pattern.select();
  }

  render(): void {
    this.#cards.render();
    setText(this.#sum, streamsText(this.#app.streams.value ?? []));
    const { value, denial } = this.#poll;
    // What is wrong with the pattern stands beside it; all else in place of the table.
    const fault = denial?.kind === "trouble" && this.#app.link.state.at === "connected";
    this.#fault.hidden = !fault;
    if (fault) setText(this.#fault, denial.text);
    setAttribute(this.#pattern, "aria-invalid", fault && "true");
    this.#denial.set(value === undefined && !fault ? denial : undefined);
    this.#table.element.hidden = value === undefined || value.rows.length === 0;
    this.#empty.hidden = value === undefined || value.rows.length > 0;
    this.#more.hidden = value?.more !== true || this.#limit >= TOPICS_MAX;
    if (value === this.#drawn) return;
    this.#drawn = value;
    this.#table.set(value?.rows ?? []);
    setText(this.#tally, value === undefined ? "" : tallyText(value));
  }

  #showMore(): void {
    this.#limit = Math.min(TOPICS_MAX, this.#limit * 2 + PAGE);
    this.#poll.refresh();
  }

  async #read(): Promise<Topics> {
    const { rows, next } = await this.#app.api.topics(topicsPath(this.#wanted, this.#limit));
    return { rows, more: next !== undefined };
  }
}

function tallyText({ rows, more }: Topics): string {
  return more ? `the first ${count(rows.length)} by name` : plural(rows.length, "topic");
}

function shownTopic(): Shown<TopicRow> {
  const name = h("span", { class: "topic mono" });
  const [subscribers, messages, stream, last] = [0, 0, 0, 0].map(() => h("span", {})) as [
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ];
  const follow = h("a", {}, "Follow");
  return {
    element: h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      cell("Subscribers", "number", subscribers),
      cell("Messages kept", "number", messages),
      cell("Stream", "mono", stream),
      cell("Newest", "number", last),
      h("td", { class: "deeds" }, follow),
    ),
    update(row) {
      setText(name, row.topic);
      setAttribute(name, "data-tint", tintOf(row.topic));
      setText(subscribers, count(row.subscribers));
      setText(messages, row.messages === 0 ? "–" : count(row.messages));
      setText(stream, row.stream ?? "–");
      setText(last, row.last === undefined ? "–" : `#${count(row.last)}`);
      setAttribute(follow, "href", `#/live/${encodeURIComponent(row.topic)}`);
      setAttribute(follow, "aria-label", `Follow ${row.topic}`);
    },
  };
}

// Sessions: who is connected, who is behind, and how to close one.

import type { App } from "../app.js";
import type { Page, SessionRow } from "../feeds/api.js";
import { Poll } from "../feeds/poll.js";
import { filterOf } from "../lib/filter.js";
import { h, setAttribute, setText } from "../lib/dom.js";
import { clock, count, plural } from "../lib/format.js";
import type { Sorting } from "../lib/sort.js";
import { DenialSlot } from "../parts/denied.js";
import { Table } from "../parts/table.js";
import { COLUMNS, type SessionColumn, shownSession } from "./session_row.js";
import type { View } from "./view.js";

const EVERY_MS = 2_000;
/** Sessions that are asked for at a time: the first of the broker's own order. */
const ROWS_MAX = 200;
const IP = /^[\d.]+$|^[\da-f:]*:[\da-f:.]*$/i;

export class Sessions implements View {
  readonly element: HTMLElement;
  readonly #app: App;
  readonly #poll: Poll<Page<SessionRow>>;
  readonly #table: Table<SessionRow, SessionColumn>;
  readonly #denial: DenialSlot;
  readonly #find: HTMLInputElement;
  readonly #behind: HTMLButtonElement;
  readonly #tally = h("p", { class: "tally", role: "status" });
  readonly #empty = h("p", { class: "empty-line" });
  readonly #note = h("p", { class: "hint" });
  #sorting: Sorting<SessionColumn> = { by: "queued", direction: "descending" };
  #behindOnly = false;
  /** Who is asked for at the broker, because not all sessions are here. */
  #asked = "";
  #drawn: unknown;

  constructor(app: App) {
    this.#app = app;
    const wanted = (): boolean => !document.hidden && app.view === "sessions";
    this.#poll = new Poll(
      () => app.api.sessions(this.#query()),
      EVERY_MS,
      wanted,
      () => {
        if (wanted()) this.render();
      },
    );
    this.#table = new Table<SessionRow, SessionColumn>({
      label: "Sessions",
      columns: COLUMNS,
      sorting: this.#sorting,
      keyOf: ({ session }) => session,
      make: () => shownSession(app, () => this.#poll.refresh()),
      resorted: (sorting) => {
        this.#sorting = sorting;
        this.#poll.refresh();
      },
    });
    this.#denial = new DenialSlot(() => app.signIn());
    this.#find = h("input", {
      id: "find-session",
      type: "search",
      placeholder: "Find: name, subject, address",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label":
        "Find sessions by name, subject or address; Enter asks the broker for a subject or an address",
    });
    this.#find.addEventListener("input", () => this.#typed());
    this.#find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#ask(this.#find.value.trim());
    });
    this.#behind = h(
      "button",
      { type: "button", "aria-pressed": "false", on: { click: () => this.#setBehind(!this.#behindOnly) } },
      "Only behind",
    );
    this.element = h(
      "div",
      { class: "view sessions" },
      h(
        "section",
        { class: "card", "aria-labelledby": "sessions-title" },
        h("header", {}, h("h1", { id: "sessions-title" }, "Sessions"), this.#tally, this.#find, this.#behind),
        this.#denial.element,
        this.#table.element,
        this.#empty,
        this.#note,
      ),
    );
  }

  open(detail: string): void {
    this.#setBehind(detail === "behind");
  }

  wake(): void {
    this.#poll.refresh();
  }

  focusFilter(): void {
    this.#find.focus();
  }

  render(): void {
    const { value, denial, at } = this.#poll;
    this.#denial.set(value === undefined ? denial : undefined);
    this.#table.element.hidden = value === undefined;
    const filter = filterOf(this.#asked === "" ? this.#find.value : "");
    const rows = value?.rows.filter((row) =>
      filter.matches(row.session, row.name ?? "", row.subject ?? "", row.address),
    );
    this.#empty.hidden = rows === undefined || rows.length > 0;
    setText(this.#empty, this.#emptyText());
    setText(this.#note, this.#noteText(value, denial === undefined ? 0 : at));
    setText(this.#tally, rows === undefined ? "" : this.#tallyText(rows.length));
    const drawn = [value, filter.text, this.#app.link.state];
    if (Array.isArray(this.#drawn) && drawn.every((one, place) => one === (this.#drawn as unknown[])[place]))
      return;
    this.#drawn = drawn;
    this.#table.set(rows ?? []);
  }

  #query(): Record<string, string> {
    const sort =
      this.#sorting.by === "age" && this.#sorting.direction === "descending" ? "age" : "queued_bytes";
    return {
      sort,
      limit: String(ROWS_MAX),
      ...(this.#behindOnly && { behind: "true" }),
      ...(this.#asked !== "" && { [IP.test(this.#asked) ? "address" : "subject"]: this.#asked }),
    };
  }

  #setBehind(only: boolean): void {
    const changed = only !== this.#behindOnly;
    this.#behindOnly = only;
    setAttribute(this.#behind, "aria-pressed", String(only));
    this.#poll.refresh(changed);
    this.render();
  }

  #typed(): void {
    if (this.#asked !== "") this.#ask("");
    else this.render();
  }

  #ask(who: string): void {
    this.#asked = this.#poll.value?.next === undefined ? "" : who;
    this.#poll.refresh();
    this.render();
  }

  #tallyText(shown: number): string {
    const all = this.#app.now?.connections;
    if (all === undefined || (shown >= all && !this.#behindOnly)) return count(shown);
    return `${count(shown)} of ${count(all)}`;
  }

  #emptyText(): string {
    if (this.#find.value.trim() !== "")
      return `No session ${this.#behindOnly ? "that is behind " : ""}is like that.`;
    return this.#behindOnly
      ? "Nobody is behind: every socket takes what is published."
      : "No session is open. This page's own stands here as soon as it is connected.";
  }

  /** What is not shown, and how old what is shown is. */
  #noteText(value: Page<SessionRow> | undefined, staleAt: number): string {
    const stale = staleAt > 0 ? `As it was at ${clock(staleAt)}. ` : "";
    if (value?.next === undefined) return stale;
    const order = this.#query()["sort"] === "age" ? "the oldest" : "those that most waits for";
    return `${stale}There are more: these are ${plural(ROWS_MAX, "session")}, ${order}, and sorting and finding is among them. Enter in the field asks the broker for a whole subject or address.`;
  }
}

// A session's row: its columns, its subscriptions when it is opened, and the button that closes it.

import type { App } from "../app.js";
import type { SessionDetail, SessionRow } from "../feeds/api.js";
import { denialOf } from "../feeds/denial.js";
import { meaningOfError } from "../feeds/words.js";
import { type Shown, h, setAttribute, setText } from "../lib/dom.js";
import { bytes, clock, count, plural, span } from "../lib/format.js";
import { confirmed } from "../parts/dialog.js";
import { icon } from "../parts/icons.js";
import { type Column, cell } from "../parts/table.js";

export type SessionColumn = "name" | "address" | "age" | "subscriptions" | "behind" | "queued" | "error";

export const COLUMNS: readonly Column<SessionRow, SessionColumn>[] = [
  {
    key: "name",
    title: "Session",
    first: "ascending",
    value: (row) => row.subject ?? row.name ?? row.session,
  },
  { key: "address", title: "Address", first: "ascending", value: (row) => row.address },
  { key: "age", title: "Age", number: true, first: "descending", value: (row) => row.age_ms },
  {
    key: "subscriptions",
    title: "Subscriptions",
    number: true,
    first: "descending",
    value: (row) => row.subscription_count,
  },
  { key: "behind", title: "Behind", number: true, first: "descending", value: (row) => row.behind },
  { key: "queued", title: "Waiting", number: true, first: "descending", value: (row) => row.queued_bytes },
  { key: "error", title: "Last error", first: "descending", value: (row) => row.last_error?.time },
];

export function shownSession(app: App, closed: () => void): Shown<SessionRow> {
  const name = h("strong", {});
  const about = h("span", { class: "about" });
  const own = h("span", { class: "badge", "data-tone": "info", hidden: true }, "this page");
  const detail = h("div", { class: "session-detail" });
  const open = h("details", {}, h("summary", {}, name, own, about), detail);
  const [address, age, subscriptions, behind, queued, error] = [0, 0, 0, 0, 0, 0].map(() =>
    h("span", {}),
  ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  const close = h("button", { type: "button", class: "quiet" }, icon("close"), h("span", {}, "Close"));
  let row: SessionRow | undefined;
  close.addEventListener("click", () => void closeSession(app, row, closed));
  open.addEventListener("toggle", () => {
    if (open.open && row !== undefined) void showDetail(app, row, detail);
  });
  const element = h(
    "tr",
    {},
    h("th", { scope: "row" }, open),
    cell("Address", "mono", address),
    cell("Age", "number", age),
    cell("Subscriptions", "number", subscriptions),
    cell("Behind", "number", behind),
    cell("Waiting", "number", queued),
    cell("Last error", undefined, error),
    h("td", { class: "deeds" }, close),
  );
  return {
    element,
    update(now) {
      row = now;
      const { state } = app.link;
      own.hidden = !(state.at === "connected" && state.session === now.session);
      setText(name, titleOf(now));
      setText(about, [...besides(now), encodingText(now)].filter(Boolean).join(" · "));
      setText(address, now.address);
      setText(age, span(now.age_ms));
      setText(subscriptions, count(now.subscription_count));
      setText(behind, now.behind === 0 ? "–" : count(now.behind));
      setText(
        queued,
        now.queued_bytes === 0 ? "–" : `${bytes(now.queued_bytes)}, ${plural(now.queued_messages, "frame")}`,
      );
      setText(
        error,
        now.last_error === undefined ? "–" : `${now.last_error.code} at ${clock(now.last_error.time)}`,
      );
      setAttribute(error, "title", now.last_error && meaningOfError(now.last_error.code));
      setAttribute(element, "data-behind", now.behind > 0);
      setAttribute(close, "aria-label", `Close session ${titleOf(now)} ${now.session}`);
    },
  };
}

const titleOf = ({ subject, name, session }: SessionRow): string => subject ?? name ?? session;

/** How it is connected. */
const encodingText = ({ encoding }: SessionRow): string =>
  encoding === "sse" ? "server-sent events" : encoding;

/** What names it beside its title. */
const besides = ({ subject, name, session }: SessionRow): (string | undefined)[] =>
  subject === undefined ? [name === undefined ? undefined : session] : [name, session];

async function showDetail(app: App, { session }: SessionRow, place: HTMLElement): Promise<void> {
  place.replaceChildren(h("p", {}, "…"));
  try {
    place.replaceChildren(subscriptionList(await app.api.session(session)));
  } catch (error) {
    place.replaceChildren(h("p", {}, denialOf(error).text));
  }
}

function subscriptionList({ subscriptions }: SessionDetail): HTMLElement {
  if (subscriptions.length === 0) return h("p", {}, "No subscription: it publishes or waits.");
  return h(
    "ul",
    {},
    ...subscriptions.map(({ pattern, deliver, behind }) =>
      h(
        "li",
        {},
        h("a", { class: "mono", href: `#/live/${encodeURIComponent(pattern)}` }, pattern),
        deliver === "every" ? undefined : h("span", { class: "badge" }, deliver),
        behind && h("span", { class: "badge", "data-tone": "bad" }, "behind"),
      ),
    ),
  );
}

async function closeSession(app: App, row: SessionRow | undefined, closed: () => void): Promise<void> {
  if (row === undefined) return;
  const { state } = app.link;
  const own = state.at === "connected" && state.session === row.session;
  const text = `${titleOf(row)} (${row.session}, ${row.address}) is told 4003, which says not to come back${own ? ". It is this page's own session" : ""}. What a client that comes back all the same may do is decided by its token.`;
  if (!(await confirmed("Close this session?", text, "Close session"))) return;
  try {
    await app.api.closeSession(row.session);
  } catch (error) {
    app.events.add(Date.now(), [
      {
        kind: "error",
        tone: "bad",
        title: `Session ${row.session} was not closed`,
        detail: denialOf(error).text,
      },
    ]);
    await confirmed("It was not closed", denialOf(error).text, "All right");
  }
  closed();
}

// What happens at the broker, as it happens: `$sys.session.*`, `$sys.stream.gap`, `$sys.errors`, `$sys.gaps`, and this page's own connection.

import { count, plural, span } from "../lib/format.js";
import { countsIn, fieldsOf, maybeNumberIn, textIn } from "../lib/read.js";
import { meaningOfClose, meaningOfError, meaningOfGap } from "./words.js";

export type EventKind = "session" | "error" | "gap" | "connection";
export type Tone = "plain" | "good" | "warn" | "bad";

export interface LoggedEvent {
  readonly key: number;
  readonly t: number;
  readonly kind: EventKind;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

interface Told extends Omit<LoggedEvent, "key" | "t"> {
  /** Events of one group that happen within a second are told together. */
  readonly group?: Group;
}

interface Group {
  readonly name: string;
  readonly title: (n: number) => string;
  readonly detail: string;
}

interface Kept extends LoggedEvent {
  readonly group: Group | undefined;
  readonly many: number;
}

const EVENTS_MAX = 300;
const TOGETHER_MS = 1_000;

/** The newest events, newest first. */
export class EventLog {
  #events: Kept[] = [];
  #nextKey = 1;
  /** Grows with each event. */
  version = 0;

  get all(): readonly LoggedEvent[] {
    return this.#events;
  }

  add(t: number, told: readonly Told[]): void {
    for (const one of told) if (!this.#join(t, one.group)) this.#push(t, one);
    this.#events.length = Math.min(this.#events.length, EVENTS_MAX);
    this.version += told.length;
  }

  #push(t: number, { group, ...one }: Told): void {
    this.#events.unshift({ ...one, group, many: 1, t, key: this.#nextKey });
    this.#nextKey += 1;
  }

  /** Adds to an event of the same group, if one has just been told. */
  #join(t: number, group: Group | undefined): boolean {
    if (group === undefined) return false;
    const recent = this.#events.findIndex((event) => t - event.t >= TOGETHER_MS);
    const among = recent < 0 ? this.#events : this.#events.slice(0, recent);
    const at = among.findIndex((event) => event.group?.name === group.name);
    const event = among[at];
    if (event === undefined) return false;
    const many = event.many + 1;
    this.#events[at] = { ...event, many, key: this.#nextKey, title: group.title(many), detail: group.detail };
    this.#nextKey += 1;
    return true;
  }
}

/** An event of the broker in words; several if it tells of several kinds, none if it is of a later version. */
export function eventsOf(topic: string, payload: unknown): Told[] {
  const fields = fieldsOf(payload);
  if (topic === "$sys.errors") {
    return [...countsIn(fields, "errors")].map(([code, n]) => ({
      kind: "error",
      tone: "bad",
      title: n === 1 ? `Error ${code}` : `${plural(n, "error")} ${code}`,
      detail: meaningOfError(code),
    }));
  }
  if (topic === "$sys.gaps") {
    // Gaps in streams are told one by one, with who misses what.
    const counted = [...countsIn(fields, "gaps")].filter(([reason]) => !IN_STREAMS.includes(reason));
    return counted.map(([reason, n]) => ({
      kind: "gap",
      tone: "warn",
      title: n === 1 ? `Gap told: ${reason}` : `${plural(n, "gap")} told: ${reason}`,
      detail: meaningOfGap(reason),
    }));
  }
  if (topic === "$sys.stream.gap") return [gapEvent(fields)];
  const what = /^\$sys\.session\.(\w+)$/.exec(topic)?.[1];
  if (what === undefined) return [];
  const leftOut = maybeNumberIn(fields, "left_out");
  if (leftOut !== undefined) {
    const title = `${plural(leftOut, "more session")} ${SESSION[what]?.words ?? what}`;
    return [{ kind: "session", tone: "plain", title, detail: "in the same second, not told one by one" }];
  }
  return [sessionEvent(what, fields)];
}

const IN_STREAMS = ["expired", "reset"];

function gapEvent(fields: ReturnType<typeof fieldsOf>): Told {
  const leftOut = maybeNumberIn(fields, "left_out");
  if (leftOut !== undefined) {
    const detail = "in the same second, not told one by one";
    return { kind: "gap", tone: "warn", title: `${plural(leftOut, "more gap")} told in streams`, detail };
  }
  const [stream = "?", reason = "?"] = [textIn(fields, "stream"), textIn(fields, "reason")];
  const [from, to] = [maybeNumberIn(fields, "from"), maybeNumberIn(fields, "to")];
  const range = from === undefined || to === undefined ? "" : ` #${count(from)} to #${count(to)}`;
  const when = fields["at_start"] === true ? "when its subscription began" : "while it was behind";
  const who = textIn(fields, "subject") ?? textIn(fields, "name") ?? textIn(fields, "session") ?? "?";
  const group = {
    name: `gap ${stream} ${reason}`,
    title: (n: number) => `${plural(n, "gap")} told in stream ${stream}: ${reason}`,
    detail: meaningOfGap(reason),
  };
  const title = `Gap told in stream ${stream}: ${reason}${range}`;
  const detail = `${who} · ${textIn(fields, "address") ?? ""} · ${when}: ${meaningOfGap(reason)}`;
  return { kind: "gap", tone: "warn", title, detail, group };
}

const SESSION: Readonly<Record<string, { words: string; tone: Tone }>> = {
  opened: { words: "opened", tone: "plain" },
  closed: { words: "closed", tone: "plain" },
  behind: { words: "fell behind", tone: "warn" },
  live: { words: "caught up", tone: "good" },
};

const ageText = (ms: number | undefined): string => (ms === undefined ? "" : `after ${span(ms)}`);

function behindText(what: string, fields: ReturnType<typeof fieldsOf>): string {
  const [behind, all] = [maybeNumberIn(fields, "behind"), maybeNumberIn(fields, "subscriptions")];
  if (what !== "behind" || behind === undefined || all === undefined) return "";
  return `${count(behind)} of ${plural(all, "subscription")}`;
}

function sessionEvent(what: string, fields: ReturnType<typeof fieldsOf>): Told {
  const { words, tone } = SESSION[what] ?? { words: what, tone: "plain" };
  const session = textIn(fields, "session") ?? "?";
  const reason = textIn(fields, "reason");
  const close = reason === undefined ? undefined : meaningOfClose(reason);
  const parts = [
    textIn(fields, "subject"),
    textIn(fields, "name"),
    textIn(fields, "address"),
    behindText(what, fields),
    reason === undefined ? textIn(fields, "encoding") : `${reason}: ${close?.text ?? ""}`,
    ageText(maybeNumberIn(fields, "age_ms")),
  ];
  const detail = parts.filter((part) => part !== undefined && part !== "").join(" · ");
  const group = {
    name: `${what} ${reason ?? ""}`,
    title: (n: number) => `${plural(n, "session")} ${words}`,
    detail: reason === undefined ? "" : `${reason}: ${close?.text ?? ""}`,
  };
  return { kind: "session", tone: close?.tone ?? tone, title: `Session ${session} ${words}`, detail, group };
}

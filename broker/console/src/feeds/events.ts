// What happens at the broker, as it happens: `$sys.session.*`, `$sys.errors`, `$sys.gaps`, and this page's own connection.

import { plural } from "../lib/format.js";
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
    return [...countsIn(fields, "gaps")].map(([reason, n]) => ({
      kind: "gap",
      tone: "warn",
      title: n === 1 ? `Gap told: ${reason}` : `${plural(n, "gap")} told: ${reason}`,
      detail: meaningOfGap(reason),
    }));
  }
  const what = /^\$sys\.session\.(\w+)$/.exec(topic)?.[1];
  if (what === undefined) return [];
  const leftOut = maybeNumberIn(fields, "left_out");
  if (leftOut !== undefined) {
    const title = `${plural(leftOut, "more session")} ${SESSION[what]?.words ?? what}`;
    return [{ kind: "session", tone: "plain", title, detail: "in the same second, not told one by one" }];
  }
  return [sessionEvent(what, fields)];
}

const SESSION: Readonly<Record<string, { words: string; tone: Tone }>> = {
  opened: { words: "opened", tone: "plain" },
  closed: { words: "closed", tone: "plain" },
  behind: { words: "fell behind", tone: "warn" },
  live: { words: "caught up", tone: "good" },
};

function sessionEvent(what: string, fields: ReturnType<typeof fieldsOf>): Told {
  const { words, tone } = SESSION[what] ?? { words: what, tone: "plain" };
  const session = textIn(fields, "session") ?? "?";
  const reason = textIn(fields, "reason");
  const close = reason === undefined ? undefined : meaningOfClose(reason);
  const parts = [
    textIn(fields, "subject"),
    textIn(fields, "name"),
    textIn(fields, "pattern"),
    textIn(fields, "address"),
    reason === undefined ? textIn(fields, "encoding") : `${reason}: ${close?.text ?? ""}`,
  ];
  const detail = parts.filter((part) => part !== undefined && part !== "").join(" · ");
  const group = {
    name: `${what} ${reason ?? ""}`,
    title: (n: number) => `${plural(n, "session")} ${words}`,
    detail: reason === undefined ? "" : `${reason}: ${close?.text ?? ""}`,
  };
  return { kind: "session", tone: close?.tone ?? tone, title: `Session ${session} ${words}`, detail, group };
}

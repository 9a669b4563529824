// What an operator must look at now, worst first. Pure.

import { bytes, count, millis, percent, plural, span } from "../lib/format.js";
import { sum } from "../lib/read.js";
import type { SessionRow, Stream } from "./api.js";
import type { Minute, Stats } from "./stats.js";
import { meaningOfError, meaningOfGap } from "./words.js";

export interface Finding {
  readonly key: string;
  readonly tone: "warn" | "bad";
  readonly title: string;
  readonly detail: string;
  /** Where to look further, as a hash. */
  readonly href?: string;
}

/** From here on a stream counts as full. */
const FULL_PART = 0.95;
/** A full stream that still keeps nearly as long as it should is no trouble. */
const KEPT_PART = 0.9;
const SLOW_P99_MS = 250;

export interface Known {
  readonly stats: Stats;
  readonly minute: Minute;
  readonly streams: readonly Stream[];
  /** Sessions that are behind, the fullest queue first. */
  readonly worst: readonly SessionRow[];
  readonly now: number;
}

export function findings({ stats, minute, streams, worst, now }: Known): Finding[] {
  const found = [
    ...behind(stats, worst),
    ...streams.flatMap((stream) => short(stream, now)),
    ...labelled("error", "bad", minute.errors, minute.when, meaningOfError),
    ...labelled("gap", "warn", minute.gaps, minute.when, meaningOfGap),
    ...slow(stats),
  ];
  return found.sort((a, b) => Number(a.tone === "warn") - Number(b.tone === "warn"));
}

function behind({ behind, oldestQueuedMs }: Stats, [worst]: readonly SessionRow[]): Finding[] {
  if (behind === 0) return [];
  const who =
    worst === undefined
      ? ""
      : `Fullest queue: ${worst.subject ?? worst.name ?? worst.session}, ${bytes(worst.queued_bytes)} waiting. `;
  const oldest = oldestQueuedMs > 0 ? `What waits longest has waited ${millis(oldestQueuedMs)}. ` : "";
  return [
    {
      key: "behind",
      tone: "bad",
      title: `${plural(behind, "subscription is", "subscriptions are")} behind`,
      detail: `${who}${oldest}They read from their streams at their own pace; nobody else is slowed down.`,
      href: "#/sessions/behind",
    },
  ];
}

/** A stream that is full and therefore keeps less long than it should. */
function short({ name, bytes: size, max_bytes, max_age_ms, oldest_time }: Stream, now: number): Finding[] {
  const kept = oldest_time === undefined ? max_age_ms : now - oldest_time;
  if (size < FULL_PART * max_bytes || kept >= KEPT_PART * max_age_ms) return [];
  return [
    {
      key: `stream ${name}`,
      tone: "warn",
      title: `Stream ${name} is full and keeps ${span(kept)}, not ${span(max_age_ms)}`,
      detail: `${percent(size / max_bytes)} of ${bytes(max_bytes)}. Who comes back later than that misses messages: raise max_bytes, or publish less.`,
      href: "#/streams",
    },
  ];
}

function labelled(
  what: "error" | "gap",
  tone: Finding["tone"],
  counts: ReadonlyMap<string, number>,
  when: string,
  meaning: (word: string) => string,
): Finding[] {
  if (counts.size === 0) return [];
  const words = [...counts].sort((a, b) => b[1] - a[1]);
  const [first] = words;
  const detail = words.map(([word, n]) => `${count(n)} ${word}`).join(", ");
  const why = words.length === 1 && first !== undefined ? `: ${meaning(first[0])}` : "";
  return [
    {
      key: what,
      tone,
      title: `${plural(sum(counts), what)} ${when}`,
      detail: `${detail}${why}`,
      href: "#/overview/events",
    },
  ];
}

function slow({ p99 }: Stats): Finding[] {
  if (p99 === undefined || p99 < SLOW_P99_MS) return [];
  return [
    {
      key: "slow",
      tone: "warn",
      title: `Messages take up to ${millis(p99)} from publish to socket`,
      detail:
        "That is what 99 % of them are within. The processor is short, or sockets take little: see below.",
    },
  ];
}

// `$sys.stats` as this page reads it, and what is kept of it. SYS.md of the broker says what each field means.

import { span } from "../lib/format.js";
import { type Fields, countsIn, fieldsOf, maybeNumberIn, numberIn, sum, textIn } from "../lib/read.js";
import { Series } from "../lib/series.js";

export interface StreamStats {
  readonly name: string;
  readonly lastSeq: number;
  readonly messages: number;
  readonly bytes: number;
}

/** What one second was like. Rates are per second. */
export interface Stats {
  readonly connections: number;
  readonly byEncoding: ReadonlyMap<string, number>;
  readonly opened: number;
  readonly closed: number;
  readonly subscriptions: number;
  readonly patterns: number;
  readonly behind: number;
  readonly fellBehind: number;
  readonly published: number;
  readonly delivered: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly dropped: number;
  readonly gaps: ReadonlyMap<string, number>;
  readonly errors: ReadonlyMap<string, number>;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly largestQueueBytes: number;
  readonly oldestQueuedMs: number;
  readonly streams: readonly StreamStats[];
  readonly shards: number;
  /** Part of one core. */
  readonly cpu: number;
}

/** A point a second for the longest time that a chart shows. */
export const HISTORY_MAX = 15 * 60 + 30;
/** Two points further apart than this have a hole between them. */
export const HOLE_MS = 3_500;
/** The time that "in the last minute" means. */
const MINUTE_MS = 60_000;

export function readStats(value: unknown): Stats {
  const all = fieldsOf(value);
  const interval = Math.max(1, numberIn(all, "interval_ms"));
  const rate = (name: string): number => (numberIn(all, name) * 1_000) / interval;
  const byEncoding = countsIn(all, "connections");
  const latency = fieldsOf(all["publish_to_socket_ms"]);
  const queues = fieldsOf(all["queues"]);
  const streams = Array.isArray(all["streams"]) ? (all["streams"] as unknown[]) : [];
  return {
    connections: sum(byEncoding),
    byEncoding,
    opened: numberIn(all, "opened"),
    closed: numberIn(all, "closed"),
    subscriptions: numberIn(all, "subscriptions"),
    patterns: numberIn(all, "patterns"),
    behind: numberIn(all, "behind"),
    fellBehind: numberIn(all, "fell_behind"),
    published: rate("published"),
    delivered: rate("delivered"),
    receivedBytes: rate("received_bytes"),
    sentBytes: rate("sent_bytes"),
    p50: maybeNumberIn(latency, "p50"),
    p99: maybeNumberIn(latency, "p99"),
    dropped: numberIn(all, "dropped"),
    gaps: countsIn(all, "gaps"),
    errors: countsIn(all, "errors"),
    queuedMessages: numberIn(queues, "messages"),
    queuedBytes: numberIn(queues, "bytes"),
    largestQueueBytes: numberIn(queues, "largest_bytes"),
    oldestQueuedMs: numberIn(queues, "oldest_ms"),
    streams: streams.map((stream) => readStream(fieldsOf(stream))),
    shards: numberIn(all, "shards"),
    cpu: numberIn(all, "cpu_ms") / interval,
  };
}

function readStream(stream: Fields): StreamStats {
  return {
    name: textIn(stream, "name") ?? "",
    lastSeq: numberIn(stream, "last_seq"),
    messages: numberIn(stream, "messages"),
    bytes: numberIn(stream, "bytes"),
  };
}

/** What happened in the last minute, as far as this page has seen it. */
export interface Minute {
  /** "in the last minute"; less, as long as this page has not seen so much. */
  readonly when: string;
  readonly opened: number;
  readonly closed: number;
  readonly fellBehind: number;
  readonly dropped: number;
  readonly errors: ReadonlyMap<string, number>;
  readonly gaps: ReadonlyMap<string, number>;
}

/** The seconds that this page has seen. */
export class History {
  readonly series = new Series<Stats>(HISTORY_MAX);

  push(t: number, stats: Stats): void {
    this.series.push(t, stats);
  }

  /** The newest second; nothing if it is an old one. */
  latest(now: number): Stats | undefined {
    const last = this.series.last;
    return last !== undefined && now - last.t <= HOLE_MS ? last.v : undefined;
  }

  minute(now: number): Minute {
    const minute = { opened: 0, closed: 0, fellBehind: 0, dropped: 0 };
    const errors = new Map<string, number>();
    const gaps = new Map<string, number>();
    for (const { t, v } of this.series.since(now - MINUTE_MS)) {
      if (t < now - MINUTE_MS) continue;
      minute.opened += v.opened;
      minute.closed += v.closed;
      minute.fellBehind += v.fellBehind;
      minute.dropped += v.dropped;
      add(errors, v.errors);
      add(gaps, v.gaps);
    }
    const first = this.series.first?.t ?? now;
    // A point tells of the second before it.
    const seen = now - first + 1_000;
    const when = seen < MINUTE_MS ? `in the last ${span(seen)}` : "in the last minute";
    return { when, ...minute, errors, gaps };
  }

  /** Messages a second that came into a stream, by its newest two numbers. */
  streamRate(name: string): number | undefined {
    const [before, last] = this.series.since((this.series.last?.t ?? 0) - 1).slice(-2);
    if (before === undefined || last === undefined || last.t <= before.t) return undefined;
    const seqOf = (stats: Stats): number | undefined =>
      stats.streams.find((stream) => stream.name === name)?.lastSeq;
    const [from, to] = [seqOf(before.v), seqOf(last.v)];
    if (from === undefined || to === undefined || to < from) return undefined;
    return ((to - from) * 1_000) / (last.t - before.t);
  }
}

function add(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, n] of counts) sums.set(name, (sums.get(name) ?? 0) + n);
}

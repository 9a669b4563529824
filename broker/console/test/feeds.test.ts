// What the console makes of what it hears: statistics, events, findings, and the live tail.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Message } from "fanfare-client";

import { type Known, findings } from "../src/feeds/attention.js";
import { EventLog, eventsOf } from "../src/feeds/events.js";
import { History, readStats } from "../src/feeds/stats.js";
import { ROWS_MAX, Tail, WAITING_MAX } from "../src/feeds/tail.js";
import { keeper } from "../src/feeds/token.js";
import { tell } from "../src/views/banner.js";

const stats = (fields: Record<string, unknown> = {}): ReturnType<typeof readStats> =>
  readStats({ interval_ms: 1_000, connections: { json: 1, msgpack: 2 }, ...fields });

test("counts of any interval become rates, and what a version does not tell is nothing", () => {
  const second = stats({
    interval_ms: 2_000,
    published: 10,
    errors: { forbidden: 3 },
    cpu_ms: 500,
    future: {},
  });
  assert.deepEqual([second.connections, second.published, second.cpu], [3, 5, 0.25]);
  assert.deepEqual([...second.errors], [["forbidden", 3]]);
  assert.deepEqual([second.p99, second.behind, second.streams], [undefined, 0, []]);
  assert.doesNotThrow(() => [undefined, null, 7, "x", []].map(readStats));
});

test("the last minute is added up, and old news is no news", () => {
  const history = new History();
  history.push(0, stats({ errors: { conflict: 9 } }));
  history.push(50_000, stats({ errors: { conflict: 1 }, gaps: { expired: 2 } }));
  history.push(70_000, stats({ errors: { conflict: 2 }, opened: 4 }));
  const minute = history.minute(75_000);
  assert.deepEqual(
    [minute.opened, [...minute.errors], [...minute.gaps]],
    [4, [["conflict", 3]], [["expired", 2]]],
  );
  assert.equal(minute.when, "in the last minute");
  assert.notEqual(history.latest(72_000), undefined);
  assert.equal(history.latest(80_000), undefined);
});

test("who has not looked for a minute is told how long the count is", () => {
  const history = new History();
  history.push(50_000, stats({ opened: 1 }));
  assert.equal(history.minute(61_000).when, "in the last 12 s");
});

test("a stream's rate is that of its newest two numbers", () => {
  const history = new History();
  const at = (last_seq: number): ReturnType<typeof readStats> =>
    stats({ streams: [{ name: "recent", last_seq }] });
  history.push(1_000, at(100));
  assert.equal(history.streamRate("recent"), undefined);
  history.push(3_000, at(300));
  assert.equal(history.streamRate("recent"), 100);
  history.push(4_000, at(5));
  assert.equal(history.streamRate("recent"), undefined, "it began anew");
});

test("events become words, one for each code, and unknown ones nothing", () => {
  const errors = eventsOf("$sys.errors", { interval_ms: 1_000, errors: { forbidden: 3, conflict: 1 } });
  assert.deepEqual(
    errors.map(({ title }) => title),
    ["3 errors forbidden", "Error conflict"],
  );
  const closed = eventsOf("$sys.session.closed", { session: "ab-1", reason: "too_slow" });
  assert.deepEqual([closed[0]?.title, closed[0]?.tone], ["Session ab-1 closed", "bad"]);
  const [behind] = eventsOf("$sys.session.behind", {
    session: "ab-1",
    subject: "alice",
    address: "192.0.2.7",
    subscriptions: 3,
    behind: 1,
  });
  assert.equal(behind?.title, "Session ab-1 fell behind");
  assert.equal(behind.detail, "alice · 192.0.2.7 · 1 of 3 subscriptions");
  assert.equal(eventsOf("$sys.session.opened", { left_out: 12 })[0]?.title, "12 more sessions opened");
  assert.deepEqual(eventsOf("$sys.later", {}), []);
});

test("a gap in a stream says who misses what, and is not told a second time as a count", () => {
  const gap = {
    stream: "recent",
    reason: "expired",
    from: 42,
    to: 57,
    at_start: true,
    session: "ab-1",
    address: "::1",
    name: "app/1",
  };
  const [told] = eventsOf("$sys.stream.gap", gap);
  assert.equal(told?.title, "Gap told in stream recent: expired #42 to #57");
  assert.match(told.detail, /^app\/1 · ::1 · when its subscription began: retention/);
  const counted = eventsOf("$sys.gaps", { gaps: { expired: 2, dropped: 1 } });
  assert.deepEqual(
    counted.map(({ title }) => title),
    ["Gap told: dropped"],
  );
});

test("sessions that come at once are told together, and what happens between is told, too", () => {
  const log = new EventLog();
  const closed = (n: number) => eventsOf("$sys.session.closed", { session: `ab-${n}`, reason: "by_peer" });
  for (let n = 0; n < 50; n++) log.add(n, closed(n));
  log.add(60, eventsOf("$sys.errors", { errors: { forbidden: 1 } }));
  log.add(70, closed(50));
  log.add(5_000, closed(51));
  assert.deepEqual(
    log.all.map(({ title }) => title),
    ["Session ab-51 closed", "Error forbidden", "51 sessions closed"],
  );
});

test("the log of events is bounded, newest first", () => {
  const log = new EventLog();
  for (let n = 0; n < 1_000; n++) {
    log.add(n, [{ kind: "error", tone: "bad", title: String(n), detail: "" }]);
  }
  assert.deepEqual([log.all.length, log.all[0]?.title], [300, "999"]);
});

const calm: Known = {
  stats: stats(),
  minute: {
    when: "in the last minute",
    opened: 0,
    closed: 0,
    fellBehind: 0,
    dropped: 0,
    errors: new Map(),
    gaps: new Map(),
  },
  streams: [],
  worst: [],
  now: 1_000_000,
};

test("nothing needs attention where all is well", () => {
  assert.deepEqual(findings(calm), []);
});

test("who is behind comes first, and is named", () => {
  const worst = [
    {
      session: "ab-1",
      address: "::1",
      subject: "alice",
      encoding: "json",
      age_ms: 1,
      queued_bytes: 4 << 20,
      queued_messages: 9,
      subscription_count: 1,
      behind: 1,
    },
  ];
  const minute = { ...calm.minute, gaps: new Map([["expired", 2]]) };
  const found = findings({
    ...calm,
    minute,
    worst,
    stats: stats({ behind: 2, queues: { oldest_ms: 12_000 } }),
  });
  assert.deepEqual(
    found.map(({ key, tone }) => [key, tone]),
    [
      ["behind", "bad"],
      ["gap", "warn"],
    ],
  );
  assert.match(found[0]?.detail ?? "", /alice, 4 MiB waiting.*12 s/);
});

test("a full stream is told only if it keeps less long than it should", () => {
  const stream = {
    name: "recent",
    patterns: [">"],
    max_age_ms: 120_000,
    max_bytes: 1_000,
    epoch: "e",
    head: 9,
    messages: 9,
    bytes: 990,
    topics: 1,
    keys: 0,
    key_bytes: 0,
  };
  const keeping = (ms: number): number =>
    findings({ ...calm, streams: [{ ...stream, oldest_time: calm.now - ms }] }).length;
  assert.deepEqual([keeping(119_000), keeping(30_000)], [0, 1]);
});

/** As much of a message as the tail looks at. */
const message = (text: string, topic = "a"): Message =>
  ({ topic, text: () => text, bytes: () => new TextEncoder().encode(text) }) as unknown as Message;

const shown = (tail: Tail): string[] =>
  tail.rows.map((row) => (row.is === "note" ? `(${row.text})` : row.message.text()));

test("the tail keeps the newest rows", () => {
  const tail = new Tail();
  for (let n = 0; n < ROWS_MAX + 20; n++) {
    tail.message(message(String(n)));
    tail.flow(0);
  }
  const rows = shown(tail);
  assert.deepEqual([rows.length, rows[0], rows.at(-1)], [ROWS_MAX, "20", String(ROWS_MAX + 19)]);
  assert.equal(tail.received, ROWS_MAX + 20);
});

test("what comes faster than it can be shown is counted, in its place", () => {
  const tail = new Tail();
  for (let n = 0; n < WAITING_MAX + 1_234; n++) tail.message(message(String(n)));
  tail.flow(0);
  const [notice = "", first] = shown(tail);
  assert.match(notice, /^\(1,234 messages left out here/);
  assert.equal(first, "1234");
});

test("a paused tail shows nothing new, counts what it leaves out, and says so when it goes on", () => {
  const tail = new Tail();
  tail.message(message("first"));
  tail.flow(0);
  tail.setPaused(true);
  tail.note(0, "warn", "a gap");
  for (let n = 0; n < WAITING_MAX + 7; n++) tail.message(message(String(n)));
  assert.equal(tail.flow(0), false);
  assert.deepEqual([shown(tail), tail.held, tail.leftOut], [["first"], WAITING_MAX + 7, 7]);
  tail.setPaused(false);
  tail.flow(0);
  const [first, notice = "", next] = shown(tail);
  assert.deepEqual([first, next, shown(tail).at(-1), tail.held], ["first", "7", String(WAITING_MAX + 6), 0]);
  assert.match(notice, /^\(7 messages and 1 notice left out here/);
});

test("nothing moves while somebody has scrolled up, and what waits comes when they are back", () => {
  const tail = new Tail();
  tail.setScrolledUp(true);
  tail.message(message("new"));
  assert.deepEqual([tail.flow(0), tail.held], [false, 1]);
  tail.setScrolledUp(false);
  assert.deepEqual([tail.flow(0), shown(tail)], [true, ["new"]]);
});

test("payloads that the tail holds are bounded in bytes, too", () => {
  const tail = new Tail();
  for (let n = 0; n < 300; n++) tail.message(message("x".repeat(64 << 10)));
  tail.flow(0);
  assert.ok(tail.rows.length <= 129, `${tail.rows.length} rows of 64 KiB`);
});

test("a filter keeps out what comes, and counts it", () => {
  const tail = new Tail();
  tail.setFilter("tea");
  for (const text of ["tea", "coffee", "green tea"]) tail.message(message(text));
  tail.flow(0);
  assert.deepEqual([shown(tail), tail.filtered, tail.received], [["tea", "green tea"], 1, 3]);
});

test("a token lives in the tab's storage, and without one in the page alone", () => {
  const entries = new Map<string, string>();
  const storage = {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, value: string) => void entries.set(name, value),
    removeItem: (name: string) => void entries.delete(name),
  } as unknown as Storage;
  keeper(() => storage).set("secret");
  assert.equal(keeper(() => storage).get(), "secret");
  keeper(() => storage).set(undefined);
  assert.equal(keeper(() => storage).get(), undefined);
  const forbidden = keeper(() => {
    throw new Error("no storage");
  });
  forbidden.set("secret");
  assert.equal(forbidden.get(), "secret");
});

test("a short break is not worth a banner, and a long one says what may be wrong", () => {
  Object.assign(globalThis, { location: { origin: "http://push.example.com:7441" } });
  const lost = { at: "lost", since: 0, why: "Can't reach it", tryAt: 0, tries: 3 } as const;
  assert.equal(tell(lost, 300, "ws://x"), undefined);
  assert.match(tell(lost, 2_000, "ws://x")?.detail ?? "", /by itself/);
  assert.match(tell(lost, 20_000, "ws://x")?.detail ?? "", /allowed_origins/);
  assert.equal(tell({ at: "ended", why: "closed by an administrator" }, 0, "ws://x")?.again, true);
});

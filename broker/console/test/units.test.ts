// What the pure parts of the console promise.

import assert from "node:assert/strict";
import { test } from "node:test";

import { filterOf } from "../src/lib/filter.js";
import { bytes, count, digits, millis, percent, plural, short, span } from "../src/lib/format.js";
import { parse } from "../src/lib/json_text.js";
import { marks, timeMarks } from "../src/lib/scale.js";
import { Series, runs } from "../src/lib/series.js";
import { pressed, sorted } from "../src/lib/sort.js";
import { samples } from "../src/views/samples.js";

test("numbers have three digits at most where they are short, and all of them where they are counted", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [7, "7"],
    [0.4, "0.4"],
    [999, "999"],
    [999.6, "1k"],
    [12_345, "12.3k"],
    [999_950, "1M"],
    [7_000_000, "7M"],
  ];
  for (const [n, text] of cases) assert.equal(short(n), text);
  assert.equal(count(1_234_567), "1,234,567");
  assert.equal(plural(1, "session"), "1 session");
  assert.equal(plural(2_000, "session"), "2,000 sessions");
});

test("sizes and times have units that people read", () => {
  assert.deepEqual([0, 512, 1_024, 1_536, 64 << 20].map(bytes), [
    "0 B",
    "512 B",
    "1 KiB",
    "1.5 KiB",
    "64 MiB",
  ]);
  assert.deepEqual([0.25, 1, 12, 999, 1_500, 61_000].map(millis), [
    "0.25 ms",
    "1 ms",
    "12 ms",
    "999 ms",
    "1.5 s",
    "1 min 1 s",
  ]);
  assert.deepEqual([0, 42_000, 120_000, 7_800_000, 90_000_000].map(span), [
    "0 s",
    "42 s",
    "2 min",
    "2 h 10 min",
    "1 d 1 h",
  ]);
  assert.deepEqual([0, 0.001, 0.42, 1].map(percent), ["0 %", "< 1 %", "42 %", "100 %"]);
  assert.equal(digits(1234.5), "1,235");
});

test("an axis has round marks, four steps at most, and reaches what it shows", () => {
  assert.deepEqual(marks(4, "count"), [0, 1, 2, 3, 4]);
  assert.deepEqual(marks(0.7, "ms"), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(marks(100_000, "count"), [0, 25_000, 50_000, 75_000, 100_000]);
  assert.deepEqual(marks(4_096, "bytes"), [0, 1_024, 2_048, 3_072, 4_096]);
  for (const unit of ["count", "bytes", "ms"] as const) {
    for (const max of [1, 3, 9.5, 17, 101, 999, 1_025, 48_213, 7_340_033]) {
      const axis = marks(max, unit);
      assert.ok(axis.length <= 5 && (axis.at(-1) ?? 0) >= max, `${unit} ${max}: ${axis.join(" ")}`);
    }
  }
  assert.deepEqual(timeMarks(300_000, 3), [0, 120_000, 240_000]);
});

test("a series is bounded, and a hole in time is no line", () => {
  const series = new Series<number>(3);
  for (const t of [1, 2, 3, 4]) series.push(t * 1_000, t);
  assert.equal(series.length, 3);
  assert.deepEqual(
    series.since(3_500).map(({ v }) => v),
    [3, 4],
  );
  const points = [1, 2, 6, 7].map((t) => ({ t: t * 1_000, v: t === 7 ? undefined : t }));
  const shown = runs(points, (v) => v, 3_000).map((run) => run.map(({ v }) => v));
  assert.deepEqual(shown, [[1, 2], [6]]);
});

test("rows sort by a column both ways, what is missing last, and equal ones stay", () => {
  const rows = [
    { n: 2, at: 0 },
    { n: undefined, at: 1 },
    { n: 10, at: 2 },
    { n: 2, at: 3 },
  ];
  const order = (direction: "ascending" | "descending"): number[] =>
    sorted(rows, { by: "n", direction }, (row) => row.n).map(({ at }) => at);
  assert.deepEqual(order("ascending"), [0, 3, 2, 1]);
  assert.deepEqual(order("descending"), [2, 0, 3, 1]);
  const names = sorted(["b", "a10", "a9"], { by: "x", direction: "ascending" }, (row) => row);
  assert.deepEqual(names, ["a9", "a10", "b"]);
  const once = pressed({ by: "a", direction: "ascending" }, "b", "descending");
  assert.deepEqual(once, { by: "b", direction: "descending" });
  assert.deepEqual(pressed(once, "b", "descending"), { by: "b", direction: "ascending" });
});

test("a filter wants all its words, and none that begins with a minus", () => {
  const filter = filterOf("EU tea -gone");
  assert.equal(filter.matches("orders.eu", '{"item":"Tea"}'), true);
  assert.equal(filter.matches("orders.us", '{"item":"tea"}'), false);
  assert.equal(filter.matches("orders.eu", "tea, gone"), false);
  assert.equal(filterOf("  ").matches("anything"), true);
  assert.equal(filterOf("-").matches("a-b"), true);
});

test("JSON becomes a tree in which every number keeps its digits", () => {
  assert.deepEqual(parse(' {"a": [1, 12345678901234567890, -1.50e+3], "__proto__": null, "a": "\\u0041"} '), {
    kind: "object",
    entries: [
      {
        name: "a",
        node: {
          kind: "array",
          entries: ["1", "12345678901234567890", "-1.50e+3"].map((text) => ({
            name: undefined,
            node: { kind: "number", text },
          })),
        },
      },
      { name: "__proto__", node: { kind: "word", text: "null" } },
      { name: "a", node: { kind: "string", text: "A" } },
    ],
  });
  assert.deepEqual(parse("[]"), { kind: "array", entries: [] });
});

test("what is no JSON, or too deep for people, is no tree", () => {
  for (const text of ["", "{", "[1,]", "nul", '{"a" 1}', "[1] 2", "{1:2}", '"\\x"', "[".repeat(10_000)]) {
    assert.equal(parse(text), undefined, text.slice(0, 20));
  }
});

test("code to be pasted brings a token exactly where the broker wants one", () => {
  const [open, walled] = [false, true].map((withToken) =>
    samples("ws://push:7440", "http://push:7441", withToken).map(({ code }) => /token/i.test(code)),
  );
  assert.deepEqual(open, [false, false, false, false]);
  assert.deepEqual(walled, [true, true, true, true]);
});

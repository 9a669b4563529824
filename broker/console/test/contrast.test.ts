// Colours: every text and every control can be read, in both themes (WCAG 2.2, level AA).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const TOKENS = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
const COLOURS = new Map(
  [...TOKENS.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);
const TEXT = 4.5;
const DRAWN = 3;
const GROUNDS = ["paper", "card", "sunken"];

const pairs: [string, string, number][] = [
  ...GROUNDS.flatMap((ground): [string, string, number][] =>
    ["ink", "soft", "accent", "good", "warn", "bad"].map((text) => [text, ground, TEXT]),
  ),
  ...["good", "warn", "bad", "info"].map((tone): [string, string, number] => [tone, `${tone}-paper`, TEXT]),
  ...["warn-paper", "bad-paper"].map((ground): [string, string, number] => ["ink", ground, TEXT]),
  ["accent-ink", "accent-fill", TEXT],
  ["card", "bad", TEXT],
  ...["card", "sunken"].flatMap((ground) =>
    [0, 1, 2, 3, 4, 5].map((tint): [string, string, number] => [`tint-${tint}`, ground, TEXT]),
  ),
  ...["chart-a", "chart-b", "chart-c", "control"].map((drawn): [string, string, number] => [
    drawn,
    "card",
    DRAWN,
  ]),
  ...GROUNDS.map((ground): [string, string, number] => ["control", ground, DRAWN]),
];

for (const theme of ["light", "dark"] as const) {
  test(`every text and control has enough contrast in ${theme}`, () => {
    const poor = pairs
      .map(([front, ground, wanted]) => ({ front, ground, wanted, got: contrast(front, ground, theme) }))
      .filter(({ wanted, got }) => got < wanted)
      .map(({ front, ground, wanted, got }) => `${front} on ${ground}: ${got.toFixed(2)}, not ${wanted}`);
    assert.deepEqual(poor, []);
  });
}

function contrast(front: string, ground: string, theme: "light" | "dark"): number {
  const [a, b] = [front, ground].map((name) => luminance(COLOURS.get(name)?.[theme] ?? ""));
  assert.ok(a !== undefined && b !== undefined && !Number.isNaN(a + b), `${front} or ${ground} is no colour`);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(hex: string): number {
  const [red = NaN, green = NaN, blue = NaN] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

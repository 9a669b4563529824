// Every vector of tests/vectors: frames in both encodings, frames that must be refused, names and patterns.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decode as independent } from "@msgpack/msgpack";

import { decode } from "../src/protocol/decode.js";
import { encode } from "../src/protocol/encode.js";
import type { ClientFrame, From } from "../src/protocol/frame.js";
import { jsonText } from "../src/protocol/json_text.js";
import { Message } from "../src/protocol/message.js";
import { matches, overlaps, patternFault, topicFault } from "../src/protocol/names.js";
import { Payload, fromBase64 } from "../src/protocol/payload.js";

interface FrameVector {
  name: string;
  direction: "client" | "broker";
  canonical: boolean;
  json?: unknown;
  json_text?: string;
  msgpack: string;
}

function load<T>(file: string): T[] {
  const vectors = JSON.parse(
    readFileSync(new URL(`../../../tests/vectors/${file}`, import.meta.url), "utf8"),
  ) as T[];
  assert.ok(vectors.length > 0);
  return vectors;
}

const frames = load<FrameVector>("frames.json").map((vector) => ({
  ...vector,
  text: vector.json_text ?? JSON.stringify(vector.json),
  bytes: unhex(vector.msgpack),
}));

/** Bytes of pairs of digits. */
function unhex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function input(encoding: string, text: string): string | Uint8Array {
  return encoding === "json" ? text : unhex(text);
}

/** A frame as plain data, so that it can be compared. */
function plain(value: unknown): unknown {
  if (value instanceof Message) {
    return { facts: Object.entries(value), kind: value.kind, bytes: [...value.bytes()] };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  }
  return value;
}

/** The client's frame that a vector's JSON says. */
function clientFrame(text: string): ClientFrame {
  const { data, text: words, data_b64, ...fields } = JSON.parse(text) as Record<string, unknown>;
  if (data !== undefined) fields["payload"] = Payload.ofText("json", jsonText(text, ["data"]));
  if (words !== undefined) fields["payload"] = Payload.ofText("text", words as string);
  if (data_b64 !== undefined) fields["payload"] = Payload.ofBytes("bytes", fromBase64(data_b64 as string));
  return fields as unknown as ClientFrame;
}

for (const vector of frames.filter(({ direction }) => direction === "broker")) {
  test(`both encodings of a frame of the broker say the same: ${vector.name}`, () => {
    const json = decode(vector.text);
    assert.ok(json !== undefined);
    assert.deepEqual(plain(json), plain(decode(vector.bytes)));
  });
}

for (const vector of frames.filter(({ direction, canonical }) => direction === "client" && canonical)) {
  test(`a client's frame has these bytes in both encodings: ${vector.name}`, () => {
    const frame = clientFrame(vector.text);
    assert.equal(encode("json", frame), vector.text);
    const bytes = encode("msgpack", frame) as Uint8Array;
    assert.equal(Buffer.from(bytes).toString("hex"), vector.msgpack);
    assert.doesNotThrow(() => independent(bytes), "another library reads it, too");
  });
}

for (const vector of load<{ name: string; direction: string; encoding: string; input: string }>(
  "invalid_frames.json",
)) {
  if (vector.direction !== "broker") continue;
  test(`a frame of the broker that must be refused, in ${vector.encoding}: ${vector.name}`, () => {
    assert.throws(() => decode(input(vector.encoding, vector.input)), { name: "Unreadable" });
  });
}

for (const vector of load<{ name: string; encoding: string; input: string }>("ignored_frames.json")) {
  test(`a frame that a client passes over: ${vector.name}`, () => {
    assert.equal(decode(input(vector.encoding, vector.input)), undefined);
  });
}

for (const { name, topic, pattern } of load<{ name: string; topic: true | string; pattern: true | string }>(
  "names.json",
)) {
  test(`a name is a topic or a pattern, or breaks a rule: ${JSON.stringify(name)}`, () => {
    assert.equal(topicFault(name) ?? true, topic);
    assert.equal(patternFault(name) ?? true, pattern);
  });
}

test("a pattern means just the topics that the vectors say", () => {
  for (const vector of load<{ pattern: string; topic: string; matches: boolean }>("matching.json")) {
    assert.equal(matches(vector.pattern, vector.topic), vector.matches, JSON.stringify(vector));
  }
});

test("patterns overlap just where the vectors say", () => {
  for (const { a, b, overlap } of load<{ a: string; b: string; overlap: boolean }>("overlaps.json")) {
    assert.equal(overlaps(a, b), overlap, `${a} ${b}`);
    assert.equal(overlaps(b, a), overlap, `${b} ${a}`);
  }
});

test("the text of a JSON payload stays as its publisher wrote it", () => {
  const spaced = frames.find(({ name }) => name === "message with spaced JSON data");
  for (const written of [spaced?.text, spaced?.bytes]) {
    const frame = written === undefined ? undefined : decode(written);
    assert.ok(frame?.op === "message");
    assert.equal(frame.message.text(), "[ 1.0, 12345678901234567890123 ]");
    assert.deepEqual(frame.message.json(), [1, 12345678901234567890123n].map(Number));
  }
});

test("a position may begin anywhere that the wire allows", () => {
  const begin: From[] = ["now", { time: 5 }, { last: {} }, { position: { __proto__: null } as never }];
  for (const from of begin) encode("msgpack", { op: "subscribe", sub: 1, pattern: "a", from });
});

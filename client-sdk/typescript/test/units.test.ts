// The small parts: what waits for a reader, pauses, keys, addresses, values.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf } from "../src/address.js";
import { pauseAfter } from "../src/backoff.js";
import type { Event } from "../src/event.js";
import { gapText } from "../src/event.js";
import { Inbox } from "../src/inbox.js";
import { keys } from "../src/keys.js";
import { placeAt } from "../src/place.js";
import { Message } from "../src/protocol/message.js";
import { Payload } from "../src/protocol/payload.js";
import { seeded } from "../src/random.js";
import { json, payloadOf } from "../src/value.js";

const BOUNDS = { messages: 4, bytes: 1 << 20 };

function message(seq?: number): Event {
  const facts = seq === undefined ? {} : { stream: "s", seq };
  return { type: "message", message: new Message("a", Payload.ofText("text", "x"), 0, facts) };
}

function drain(inbox: Inbox): Event[] {
  const events: Event[] = [];
  for (let event = inbox.take(); event !== undefined; event = inbox.take()) events.push(event);
  return events;
}

test("over its bounds a buffer that can be paused keeps all, and has room when half was taken", () => {
  const inbox = new Inbox(BOUNDS, { bytes: 0 });
  inbox.begin(placeAt({ s: { epoch: "e", seq: 0 } }));
  for (let seq = 1; seq <= 5; seq++) inbox.push(message(seq));
  assert.ok(inbox.isFull());
  let resumed = 0;
  const place = inbox.pause(1, () => resumed++);
  assert.equal(place.position["s"]?.seq, 5);
  assert.ok(!inbox.isFull(), "nothing more is asked of it");
  for (let taken = 1; taken <= 5; taken++) {
    assert.ok(inbox.take());
    assert.equal(resumed, taken < 3 ? 0 : 1, `${taken} were taken`);
    assert.equal(inbox.position["s"]?.seq, taken);
  }
});

test("what is dropped leaves a gap in its place that counts it, however often that happens", () => {
  const inbox = new Inbox(BOUNDS, { bytes: 0 });
  for (let n = 0; n < 20; n++) {
    inbox.push(message());
    if (inbox.isFull()) inbox.shed(1);
  }
  const [gap, ...rest] = drain(inbox);
  assert.ok(gap?.type === "gap");
  assert.equal((gap.gap.count ?? NaN) + rest.length, 20);
  assert.ok(rest.length > 0 && rest.every(({ type }) => type === "message"));
});

test("a gap of unknown size makes the sum unknown", () => {
  const inbox = new Inbox(BOUNDS, { bytes: 0 });
  inbox.push({ type: "gap", gap: { reason: "dropped" } });
  for (let n = 0; n < 4; n++) inbox.push(message());
  inbox.shed(1);
  assert.deepEqual(drain(inbox)[0], { type: "gap", gap: { reason: "dropped" } });
});

test("what must make room for others keeps its older half, and goes on when half of that was taken", () => {
  const total = { bytes: 0 };
  const inbox = new Inbox({ messages: 100, bytes: 1 << 20 }, total);
  inbox.begin(placeAt({ s: { epoch: "e", seq: 0 } }));
  for (let seq = 1; seq <= 8; seq++) inbox.push(message(seq));
  const all = total.bytes;
  let resumed = 0;
  assert.equal(inbox.pause(1 / 2, () => resumed++).position["s"]?.seq, 4);
  assert.equal(total.bytes, all / 2);
  assert.equal(inbox.pause(1 / 2, () => resumed++).position["s"]?.seq, 2, "and once more");
  assert.ok(inbox.take());
  assert.equal(resumed, 1);
  assert.equal(drain(inbox).length, 1);
  assert.equal(total.bytes, 0);
});

test("the oldest message is kept whatever its size, and what nobody reads any more counts for nobody", () => {
  const total = { bytes: 0 };
  const inbox = new Inbox(BOUNDS, total);
  inbox.begin(placeAt({ s: { epoch: "e", seq: 0 } }));
  inbox.push({ type: "behind" });
  for (const seq of [1, 2]) inbox.push(message(seq));
  assert.equal(inbox.pause(0, () => undefined).position["s"]?.seq, 1);
  assert.equal(inbox.spareBytes(), 0);
  assert.ok(total.bytes > 0);
  inbox.finish({ error: undefined });
  assert.equal(total.bytes, 0);
  assert.equal(drain(inbox).length, 2, "a reader still gets what waited");
  assert.equal(total.bytes, 0);
});

test("of the notices that are dropped the newest is kept", () => {
  const inbox = new Inbox(BOUNDS, { bytes: 0 });
  const live: Event = { type: "live", position: {} };
  for (const event of [{ type: "behind" } as const, live, message(), message(), message()]) inbox.push(event);
  inbox.shed(1);
  assert.deepEqual(drain(inbox)[0], live);
});

test("after the end a reader still gets what waited, unless nobody wants it", () => {
  const inbox = new Inbox(BOUNDS, { bytes: 0 });
  inbox.push(message());
  inbox.finish({ error: undefined });
  assert.equal(drain(inbox).length, 1);
  const unwanted = new Inbox(BOUNDS, { bytes: 0 });
  unwanted.push(message());
  unwanted.finish({ error: undefined }, true);
  assert.equal(drain(unwanted).length, 0);
});

test("heads that a ping brought move the reader when it has taken what was before them", () => {
  const inbox = new Inbox(BOUNDS, { bytes: 0 });
  inbox.begin(placeAt({ s: { epoch: "e", seq: 0 } }));
  inbox.push(message(1));
  inbox.advance({ s: { epoch: "e", seq: 9 } });
  assert.equal(inbox.position["s"]?.seq, 0);
  inbox.take();
  assert.equal(inbox.position["s"].seq, 9);
});

test("pauses double up to the longest, and are spread evenly below that", () => {
  const backoff = { first: 100, max: 30_000 };
  const ceilings = [0, 1, 2, 8, 9, 5_000].map((failures) => Math.round(pauseAfter(backoff, failures, 1)));
  assert.deepEqual(ceilings, [100, 200, 400, 25_600, 30_000, 30_000]);
  const random = seeded(1);
  const tenths = new Array<number>(10).fill(0);
  for (let n = 0; n < 10_000; n++) {
    const tenth = Math.floor(pauseAfter(backoff, 0, random()) / 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  assert.ok(
    tenths.every((count) => count > 850 && count < 1_150),
    String(tenths),
  );
});

test("no two keys are the same", () => {
  const [one, other] = [keys(), keys()];
  assert.equal(new Set([one(), one(), other(), other()]).size, 4);
});

test("an address without a path means /ws, and http means the same as ws", () => {
  for (const url of [
    "ws://127.0.0.1:7440",
    "ws://127.0.0.1:7440/",
    "http://127.0.0.1:7440",
    " ws://127.0.0.1:7440#x ",
  ]) {
    assert.equal(addressOf(url), "ws://127.0.0.1:7440/ws");
  }
  assert.equal(addressOf("https://[::1]/broker/ws?x=1"), "wss://[::1]/broker/ws?x=1");
});

test("each value has the kind that one would guess", () => {
  const kinds = ["hi", new Uint8Array([1]), new Float32Array([1]).buffer, { a: 1 }, null, json("hi")].map(
    (value) => {
      const payload = payloadOf(value);
      return [payload.kind, payload.bytes().length];
    },
  );
  assert.deepEqual(kinds, [
    ["text", 2],
    ["bytes", 1],
    ["bytes", 4],
    ["json", 7],
    ["json", 4],
    ["json", 4],
  ]);
  const loop: Record<string, unknown> = {};
  loop["loop"] = loop;
  for (const value of [undefined, () => 1, loop, 1n])
    assert.throws(() => payloadOf(value), { kind: "invalid" });
});

test("a gap in words names what is missing", () => {
  const gap = { reason: "expired", stream: "recent", from: 42, to: 57 };
  assert.equal(gapText(gap), "messages may be missing, 42 to 57 of stream recent (expired)");
  assert.equal(gapText({ reason: "dropped", count: 3 }), "3 messages are missing (dropped)");
});

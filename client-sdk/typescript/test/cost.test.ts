// What a message costs in the client, beside a WebSocket with JSON.parse alone. It is told, and never asserted.

import assert from "node:assert/strict";
import { test } from "node:test";

import { encode } from "@msgpack/msgpack";

// What users run: the loader of these tests makes functions inside functions dearer.
import { connect } from "../dist/index.js";
import type { Socket } from "../src/index.js";

const MESSAGES = 200_000;
const DATA = JSON.stringify({
  id: 12345,
  symbol: "EURUSD",
  bid: 1.0842,
  ask: 1.0844,
  venue: "north",
  size: 100_000,
});

/** A socket that says what it is told to. */
class Scripted implements Socket {
  static last: Scripted | undefined;
  binaryType = "";
  readonly bufferedAmount = 0;
  readonly protocol: string;
  onopen: (() => unknown) | null = null;
  onmessage: ((event: { data: unknown }) => unknown) | null = null;
  onclose: ((event: { code: number; reason: string }) => unknown) | null = null;
  onerror: (() => unknown) | null = null;

  constructor(_url: string, [protocol = ""]: string[]) {
    this.protocol = protocol;
    Scripted.last = this;
    setImmediate(() => this.onopen?.());
  }

  send(): void {
    // Nobody listens.
  }

  close(): void {
    setImmediate(() => this.onclose?.({ code: 1000, reason: "" }));
  }
}

/** MessagePack with options whose keys are integers, which the library does not write: `{1: stream, 2: seq}`. */
function packedMessage(seq: number): ArrayBuffer {
  const plain = encode([19, 1, "orders.eu", 0, new TextEncoder().encode(DATA), 1763800000000]);
  const options = [0x82, 1, ...encode("recent"), 2, ...encode(seq)];
  const bytes = new Uint8Array([0x97, ...plain.slice(1), ...options]);
  return bytes.buffer;
}

function nanoseconds(work: () => void): number {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return ((user + system) * 1_000) / MESSAGES;
}

test("what a message costs, from the socket to a callback that reads its JSON", async () => {
  const fanfare = connect("ws://scripted", { WebSocket: Scripted, encoding: "msgpack" });
  let [heard, sum] = [0, 0];
  fanfare.subscribe<{ id: number }>("orders.>", (message) => {
    heard++;
    sum += message.json().id;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const socket = Scripted.last;
  assert.ok(socket);
  const say = (data: unknown): unknown => socket.onmessage?.({ data });
  say(new Uint8Array([0x95, 17, 0xa1, 0x73, 0xcd, 0x61, 0xa8, 0xcd, 0xff, 0xff, 0x80]).buffer);
  say(new Uint8Array([0x95, 18, 1, 0x81, ...encode("recent"), 0x92, ...encode("e"), 0, 0xc3, 0x80]).buffer);
  const frames = Array.from({ length: 1_000 }, (_, n) => packedMessage(n + 1));
  const work = (): void => {
    for (let n = 0; n < MESSAGES; n++) say(frames[n % frames.length]);
  };
  work();
  heard = 0;
  const ours = nanoseconds(work);
  assert.equal(heard, MESSAGES);
  const text = `{"op":"message","sub":1,"topic":"orders.eu","data":${DATA},"time":1763800000000,"stream":"recent","seq":1}`;
  const bare = (): void => {
    for (let n = 0; n < MESSAGES; n++) sum += (JSON.parse(text) as { data: { id: number } }).data.id;
  };
  bare();
  const parsed = nanoseconds(bare);
  assert.ok(sum > 0);
  console.log(
    `cost: ${Math.round(ours)} ns a message; JSON.parse of the whole frame alone: ${Math.round(parsed)} ns`,
  );
  await fanfare.close();
});

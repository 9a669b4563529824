// What a message costs in the client, beside a WebSocket with JSON.parse alone. It is told, and never asserted.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { WebSocket } from "ws";

// What users run: the loader of these tests makes functions inside functions dearer.
import { connect } from "../dist/index.js";
import type { Socket } from "../src/index.js";
import { framesOf } from "./support/frames.js";

const MESSAGES = 200_000;
const FIREHOSE = fileURLToPath(new URL("support/firehose.ts", import.meta.url));

interface Order {
  id: number;
}

/** Processor time of a message since `begun`, in nanoseconds. */
function costSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return ((user + system) * 1_000) / MESSAGES;
}

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

/** In the client alone: from a frame that the socket hands over to a callback that reads the message's JSON. */
async function inside(encoding: "msgpack" | "json"): Promise<number> {
  const fanfare = connect("ws://scripted", { WebSocket: Scripted, encoding });
  let heard = 0;
  const subscription = fanfare.subscribe<Order>("orders.>", (message) => {
    heard += message.json().id === 12345 ? 1 : NaN;
  });
  while (Scripted.last?.onmessage == null) await new Promise(setImmediate);
  const socket = Scripted.last;
  const say = (data: string | Uint8Array<ArrayBuffer>): unknown =>
    socket.onmessage?.({ data: typeof data === "string" ? data : data.buffer });
  const { welcome, subscribed, messages } = framesOf(encoding);
  say(welcome);
  say(subscribed);
  await subscription.ready;
  const work = (): void => {
    for (let n = 0; n < MESSAGES; n++) say(messages[n % messages.length] ?? "");
  };
  work();
  const begun = process.cpuUsage();
  work();
  const cost = costSince(begun);
  assert.equal(heard, 2 * MESSAGES);
  Scripted.last = undefined;
  await fanfare.close();
  return cost;
}

function parsing(): number {
  const { messages } = framesOf("json");
  let sum = 0;
  const work = (): void => {
    for (let n = 0; n < MESSAGES; n++)
      sum += (JSON.parse(messages[n % messages.length] as string) as { data: Order }).data.id;
  };
  work();
  const begun = process.cpuUsage();
  work();
  assert.ok(sum > 0);
  return costSince(begun);
}

/** Over a socket, whose own cost is in it: hears so many messages from another process. */
async function overSocket(play: (url: string, done: () => void) => () => unknown): Promise<number> {
  const child = spawn(process.execPath, ["--import", "tsx", FIREHOSE, String(MESSAGES)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(createInterface(child.stdout), "line")) as [string];
    const begun = process.cpuUsage();
    let close: () => unknown = () => undefined;
    await new Promise<void>((done) => (close = play(`ws://127.0.0.1:${port}`, done)));
    const cost = costSince(begun);
    await close();
    return cost;
  } finally {
    child.kill();
  }
}

const bare = (url: string, done: () => void): (() => void) => {
  const socket = new WebSocket(url, ["fanfare.v1.json"]);
  let heard = -2;
  socket.onopen = () => socket.send("{}");
  socket.onmessage = ({ data }) => {
    const { data: order } = JSON.parse(data as string) as { data?: Order };
    heard += order === undefined || order.id === 12345 ? 1 : NaN;
    if (heard === MESSAGES) done();
  };
  return () => socket.close();
};

const ours =
  (encoding: "msgpack" | "json") =>
  (url: string, done: () => void): (() => unknown) => {
    const fanfare = connect(url, { WebSocket, encoding });
    let heard = 0;
    fanfare.subscribe<Order>("orders.>", (message) => {
      heard += message.json().id === 12345 ? 1 : NaN;
      if (heard === MESSAGES) done();
    });
    return () => fanfare.close();
  };

const microseconds = (nanoseconds: number): string => (nanoseconds / 1_000).toFixed(2);

test("what a message costs in the client alone", { timeout: 60_000 }, async () => {
  const [msgpack, json] = [await inside("msgpack"), await inside("json")];
  console.log(
    `cost in µs a message, without the socket: ${microseconds(parsing())} for JSON.parse of the frame, ` +
      `${microseconds(msgpack)} for the SDK (MessagePack), ${microseconds(json)} (JSON)`,
  );
});

test("what a message costs with the socket", { timeout: 60_000 }, async () => {
  const alone = await overSocket(bare);
  const [msgpack, json] = [await overSocket(ours("msgpack")), await overSocket(ours("json"))];
  console.log(
    `cost in µs a message, with the socket: ${microseconds(alone)} for a raw WebSocket with JSON.parse, ` +
      `${microseconds(msgpack)} for the SDK (MessagePack), ${microseconds(json)} (JSON)`,
  );
});

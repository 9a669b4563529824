// What the client promises against the real broker, in both encodings; from the modules and from the single file.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { WebSocket } from "ws";

import * as modules from "../src/index.js";
import type { ConnectOptions, Fanfare, Message, State, Subscription } from "../src/index.js";
import { Broker } from "./support/broker.js";
import { eventually } from "./support/wait.js";

// @ts-expect-error: the single file has no types of its own
const bundle = (await import("../dist/fanfare-client.min.js")) as typeof modules;

interface Bench {
  broker: Broker;
  connect: (options?: ConnectOptions) => Fanfare;
}

/** Runs a test in each way that the client comes in. */
function promise(name: string, play: (bench: Bench) => Promise<void>, config?: string): void {
  for (const [from, lib, encoding] of [
    ["modules", modules, "msgpack"],
    ["modules", modules, "json"],
    ["single file", bundle, "msgpack"],
    ["single file", bundle, "json"],
  ] as const) {
    test(`${name} (${from}, ${encoding})`, { timeout: 10_000 }, async (context) => {
      const broker = await Broker.start(config);
      context.after(() => broker[Symbol.asyncDispose]());
      const connect = (options: ConnectOptions = {}): Fanfare => {
        const fanfare = lib.connect(broker.url, { WebSocket, encoding, ...options });
        context.after(() => fanfare.close());
        return fanfare;
      };
      await play({ broker, connect });
    });
  }
}

/** The first so many messages. */
async function take<T>(subscription: Subscription<T>, count: number): Promise<Message<T>[]> {
  const messages: Message<T>[] = [];
  for await (const message of subscription) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

/** Waits until the client is in this state. */
async function reaches(fanfare: Fanfare, status: State["status"]): Promise<State> {
  if (fanfare.state.status === status) return fanfare.state;
  return new Promise((resolve) => {
    const off = fanfare.on("state", (state) => {
      if (state.status !== status) return;
      off();
      resolve(state);
    });
  });
}

promise("what is published is heard, whatever its kind", async ({ connect }) => {
  const fanfare = connect({ name: "test/1" });
  const orders = fanfare.subscribe<{ total: number }>("orders.>");
  await orders.ready;
  const first = await fanfare.publish("orders.eu", { total: 3 }, { headers: { trace: "7" } });
  await fanfare.publish("orders.us", "hi");
  await fanfare.publish("orders.us", new Uint8Array([0, 255]));
  const [json, text, bytes] = await take(orders, 3);
  assert.equal(json?.json().total, 3);
  assert.equal(json.text(), '{"total":3}');
  assert.deepEqual(
    [json.topic, json.kind, json.stream, json.seq],
    ["orders.eu", "json", "recent", first.seq],
  );
  assert.equal(json.headers?.["trace"], "7");
  assert.ok(Math.abs(json.timeMs - Date.now()) < 60_000);
  assert.deepEqual([text?.kind, text?.text()], ["text", "hi"]);
  assert.deepEqual([bytes?.kind, [...(bytes?.bytes() ?? [])]], ["bytes", [0, 255]]);
});

promise("a callback hears each message, and what it promises is awaited", async ({ connect }) => {
  const fanfare = connect();
  const heard: string[] = [];
  let done: () => void;
  const all = new Promise<void>((resolve) => (done = resolve));
  const subscription = fanfare.subscribe("a", async (message) => {
    await sleep(1);
    heard.push(message.text());
    if (heard.length === 20) done();
  });
  await subscription.ready;
  for (let n = 0; n < 20; n++) void fanfare.publish("a", String(n));
  await all;
  assert.deepEqual(
    heard,
    Array.from({ length: 20 }, (_, n) => String(n)),
  );
  subscription.unsubscribe();
  assert.equal(await subscription.ended, undefined);
});

promise(
  "a key makes a repeat harmless, and an expectation fails with the actual sequence",
  async ({ connect }) => {
    const fanfare = connect();
    const first = await fanfare.publish("a", 1, { key: "k" });
    const again = await fanfare.publish("a", 1, { key: "k" });
    assert.deepEqual([again.seq, first.duplicate, again.duplicate], [first.seq, false, true]);
    await assert.rejects(fanfare.publish("a", 2, { expect: 99 }), {
      kind: "request",
      code: "conflict",
      seq: first.seq,
    });
    await fanfare.publish("a", 2, { key: true });
  },
);

promise("history comes in pages, and a position goes on after one", async ({ connect }) => {
  const fanfare = connect();
  for (let n = 0; n < 5; n++) await fanfare.publish("h.a", n);
  const page = await fanfare.history<number>("h.>", { limit: 3 });
  assert.deepEqual([page.messages.map((message) => message.json()), page.more], [[0, 1, 2], true]);
  const rest = await fanfare.history<number>("h.>", { from: { position: page.position } });
  assert.deepEqual([rest.messages.map((message) => message.json()), rest.more], [[3, 4], false]);
  const last = await fanfare.history("h.a", { from: "last" });
  assert.equal(last.messages.length, 1);
});

promise(
  "a subscription goes on where it stands after a planned restart",
  async ({ broker, connect }) => {
    const [reader, writer] = [connect(), connect()];
    const events: string[] = [];
    const subscription = reader.subscribe("r.>", { from: "start" });
    const reading = (async () => {
      for await (const event of subscription.events()) {
        if (event.type === "message") events.push(event.message.text());
        else if (event.type === "gap") events.push("gap");
        else if (event.type === "resumed") events.push(`resumed ${event.recovered}`);
        if (events.includes("9")) break;
      }
    })();
    for (let n = 0; n < 5; n++) await writer.publish("r.a", String(n));
    await eventually(
      () => events.length,
      (read) => read === 5,
    );
    await broker.stop();
    await reaches(writer, "reconnecting");
    const away = writer.publish("r.a", "5");
    await broker.start();
    await away;
    for (let n = 6; n < 10; n++) await writer.publish("r.a", String(n));
    await reading;
    assert.deepEqual(
      events.filter((event) => !event.startsWith("resumed")),
      Array.from({ length: 10 }, (_, n) => String(n)),
    );
    assert.ok(events.includes("resumed true"));
  },
  `[[stream]]\nname = "r"\npatterns = ["r.>"]\n`,
);

promise(
  "after a crash the loss is told in its place",
  async ({ broker, connect }) => {
    const fanfare = connect({ reconnectPause: { first: 20, max: 100 } });
    const subscription = fanfare.subscribe("r.>");
    await subscription.ready;
    await fanfare.publish("r.a", "before");
    const messages = subscription[Symbol.asyncIterator]();
    const before = await messages.next();
    await broker.stop("SIGKILL");
    await reaches(fanfare, "reconnecting");
    await broker.start();
    await fanfare.publish("r.a", "after");
    const after = await messages.next();
    assert.ok(!before.done && !after.done);
    assert.deepEqual([before.value.text(), before.value.gaps.length], ["before", 0]);
    assert.equal(after.value.text(), "after");
    assert.deepEqual(
      after.value.gaps.map(({ reason, stream }) => [reason, stream]),
      [["reset", "r"]],
    );
  },
  `[[stream]]\nname = "r"\npatterns = ["r.>"]\n`,
);

promise("a position that was kept goes on in another client", async ({ connect }) => {
  const writer = connect();
  await writer.publish("a", 1);
  const first = connect();
  const subscription = first.subscribe("a", { from: "start" });
  await take(subscription, 1);
  const kept = JSON.parse(JSON.stringify(subscription.position)) as typeof subscription.position;
  await first.close();
  await writer.publish("a", 2);
  const [message] = await take(connect().subscribe<number>("a", { from: { position: kept } }), 1);
  assert.deepEqual([message?.json(), message?.gaps.length], [2, 0]);
});

promise(
  "a slow reader bounds its own memory, loses nothing of a stream, and holds nobody up",
  async ({ connect }) => {
    const [reader, writer] = [connect({ buffer: { messages: 50, bytes: 1 << 20 } }), connect()];
    const slow = reader.subscribe<number>("s", { from: "start" });
    const quick: number[] = [];
    reader.subscribe<number>("s", (message) => quick.push(message.json()));
    await slow.ready;
    await reader.ping();
    const sent = Array.from({ length: 1_000 }, (_, n) => n);
    await Promise.all(sent.map((n) => writer.publish("s", n)));
    await eventually(
      () => quick.length,
      (heard) => heard === sent.length,
    );
    const seen: number[] = [];
    let behind = 0;
    for await (const event of slow.events()) {
      assert.notEqual(event.type, "gap");
      if (event.type === "behind") behind++;
      if (event.type === "message") seen.push(event.message.json());
      if (seen.length === sent.length) break;
    }
    assert.deepEqual(seen, sent);
    assert.deepEqual(quick, sent);
    assert.ok(behind > 0, "it was told that it is behind");
  },
);

promise(
  "a slow reader of what no stream keeps is told how many it lost",
  async ({ connect }) => {
    const fanfare = connect({ buffer: { messages: 100, bytes: 1 << 20 } });
    const slow = fanfare.subscribe<number>("e.a");
    await slow.ready;
    for (let n = 0; n < 1_000; n++) await fanfare.publish("e.a", n);
    await fanfare.ping();
    let [seen, missing] = [0, 0];
    for await (const message of slow) {
      for (const gap of message.gaps) missing += gap.count ?? NaN;
      seen++;
      if (message.json() === 999) break;
    }
    assert.equal(seen + missing, 1_000);
    assert.ok(seen <= 101, `${seen}`);
  },
  `[[stream]]\nname = "other"\npatterns = ["other.>"]\n`,
);

promise(
  "all subscriptions together bound their memory: the fullest fall behind, and lose nothing of a stream",
  async ({ connect }) => {
    const [reader, writer] = [connect({ maxBufferedBytes: 100_000 }), connect()];
    const topics = Array.from({ length: 20 }, (_, n) => `m.${n}`);
    const slow = topics.map((topic) => reader.subscribe<[number, string]>(topic, { from: "start" }));
    await Promise.all(slow.map(({ ready }) => ready));
    // Each may hold a megabyte by itself.
    const rest = "x".repeat(1_000);
    for (let n = 0; n < 50; n++) await Promise.all(topics.map((topic) => writer.publish(topic, [n, rest])));
    await reader.ping();
    let behind = 0;
    for (const subscription of slow) {
      const seen: number[] = [];
      for await (const event of subscription.events()) {
        assert.notEqual(event.type, "gap");
        if (event.type === "behind") behind++;
        if (event.type === "message") seen.push(event.message.json()[0]);
        if (seen.length === 50) break;
      }
      assert.deepEqual(seen, [...seen.keys()]);
    }
    assert.ok(behind >= 15, `${behind} of 20 fell behind`);
  },
);

promise(
  "over the bound of all together, what no stream keeps is dropped and counted",
  async ({ connect }) => {
    const fanfare = connect({ maxBufferedBytes: 20_000 });
    const slow = ["e.a", "e.b"].map((topic) => fanfare.subscribe<[number, string]>(topic));
    await Promise.all(slow.map(({ ready }) => ready));
    for (let n = 0; n < 100; n++) {
      for (const topic of ["e.a", "e.b"]) await fanfare.publish(topic, [n, "x".repeat(1_000)]);
    }
    await fanfare.ping();
    for (const subscription of slow) {
      let [seen, missing] = [0, 0];
      for await (const message of subscription) {
        for (const gap of message.gaps) missing += gap.count ?? NaN;
        seen++;
        if (message.json()[0] === 99) break;
      }
      assert.equal(seen + missing, 100);
      assert.ok(seen <= 20, `${seen}`);
    }
  },
  `[[stream]]\nname = "other"\npatterns = ["other.>"]\n`,
);

promise("an abort ends what it was given to", async ({ connect }) => {
  const fanfare = connect();
  const loop = new AbortController();
  const subscription = fanfare.subscribe("a", { signal: loop.signal });
  await subscription.ready;
  const reading = take(subscription, 1);
  loop.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  await assert.rejects(fanfare.publish("a", 1, { signal: AbortSignal.abort(new Error("no")) }), /no/);
  const session = new AbortController();
  const other = connect({ signal: session.signal });
  await other.ready;
  session.abort();
  assert.equal((await other.closed).kind, "by_client");
});

promise("what breaks a rule fails before anything is sent, and says why", async ({ connect }) => {
  const fanfare = connect();
  assert.throws(() => fanfare.subscribe("a..b"), { kind: "invalid" });
  await assert.rejects(fanfare.publish("a.*", 1), { kind: "invalid" });
  await assert.rejects(fanfare.publish("a", undefined), { kind: "invalid" });
  await assert.rejects(fanfare.publish("a", 1, { key: "k".repeat(200) }), { kind: "invalid" });
  await fanfare.ready;
  await assert.rejects(fanfare.publish("a", "x".repeat(100_000)), /at most 65536/);
  await assert.rejects(fanfare.history("a", { limit: 5_000 }), { kind: "request", code: "invalid_frame" });
  const heard = new Promise((resolve) => fanfare.on("error", resolve));
  await fanfare.publish("$sys.a", 1, { ack: false });
  assert.equal(((await heard) as modules.FanfareError).kind, "request");
});

promise("a close waits for what is under way, and ends loops quietly", async ({ connect }) => {
  const fanfare = connect();
  const subscription = fanfare.subscribe("a");
  await subscription.ready;
  const reading = take(subscription, 5);
  await fanfare.publish("a", 1);
  await fanfare.ping();
  const published = fanfare.publish("a", 2);
  const closed = await fanfare.close();
  assert.equal(closed.kind, "by_client");
  assert.equal((await published).duplicate, false);
  assert.equal((await reading).length, 1);
  assert.equal(fanfare.state.status, "closed");
  await assert.rejects(fanfare.publish("a", 1), { kind: "closed" });
});

promise(
  "who is present is asked in pages, and whoever closes is gone",
  async ({ connect }) => {
    const [one, other] = [connect(), connect()];
    for (const fanfare of [one, other]) await fanfare.subscribe("rooms.1").ready;
    const page = await one.presence("rooms.1", { limit: 1 });
    assert.deepEqual([page.members.length, page.count, page.next !== undefined], [1, 2, true]);
    const rest = await one.presence("rooms.1", { after: page.next ?? 0 });
    assert.deepEqual([rest.members.length, rest.next], [1, undefined]);
    await other.close();
    await eventually(
      () => one.presence("rooms.1"),
      ({ count }) => count === 1,
    );
    await assert.rejects(one.presence("elsewhere"), { kind: "request", code: "not_found" });
  },
  '[[presence]]\npatterns = ["rooms.>"]\n',
);

test("without a broker a client keeps trying, and requests wait for it", async (context) => {
  const broker = await Broker.start();
  context.after(() => broker[Symbol.asyncDispose]());
  await broker.stop();
  const fanfare = modules.connect(broker.url, { WebSocket, reconnectPause: { first: 10, max: 50 } });
  context.after(() => fanfare.close());
  const published = fanfare.publish("a", 1);
  await reaches(fanfare, "reconnecting");
  await broker.start();
  assert.equal((await published).seq, 1);
});

test("a client that is told not to try again says what is wrong", async () => {
  const options = { WebSocket, retryConnect: false };
  const fanfare = modules.connect("ws://127.0.0.1:1", options);
  await assert.rejects(fanfare.ready, /can't reach ws:\/\/127\.0\.0\.1:1\/ws/);
});

test("a URL is read with forgiveness, and one that can't work is refused", () => {
  for (const url of ["ftp://example.org", "localhost:7440", ""]) {
    assert.throws(() => modules.connect(url, { WebSocket }), { kind: "invalid" });
  }
});

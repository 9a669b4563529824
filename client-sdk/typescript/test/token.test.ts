// Where tokens come from, and what happens when one is not accepted or expires: against a broker that follows a script.

import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";

import { WebSocket, WebSocketServer } from "ws";

import { type ConnectOptions, type Fanfare, type State, type Subscription, connect } from "../src/index.js";

type Frame = Record<string, unknown>;

interface Desk {
  /** Connects to the broker of this test. */
  connect: (options: ConnectOptions) => Fanfare;
  /** What the client says next. */
  said: () => Promise<Frame>;
  /** Says something on the newest connection. */
  say: (frame: Frame) => void;
  close: (code: number) => void;
}

async function desk(context: TestContext): Promise<Desk> {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: ([first]) => first ?? false,
  });
  await once(server, "listening");
  const frames: Frame[] = [];
  let [newest, told]: [WebSocket | undefined, () => void] = [undefined, () => undefined];
  server.on("connection", (socket) => {
    newest = socket;
    socket.on("message", (data: Buffer) => {
      frames.push(JSON.parse(data.toString()) as Frame);
      told();
    });
  });
  context.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const said = async (): Promise<Frame> => {
    while (frames.length === 0) await new Promise<void>((resolve) => (told = resolve));
    return frames.shift() ?? {};
  };
  return {
    connect: (options) => {
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const fanfare = connect(url, {
        WebSocket,
        encoding: "json",
        reconnectPause: { first: 1, max: 10 },
        ...options,
      });
      context.after(() => fanfare.close());
      return fanfare;
    },
    said,
    say: (frame) => newest?.send(JSON.stringify(frame)),
    close: (code) => newest?.close(code),
  };
}

const WELCOME = { op: "welcome", session: "s", heartbeat_ms: 25_000, max_payload_bytes: 65_536 };

test("a token that is given once is said in each hello, and one that is not accepted is final", async (context) => {
  const { connect, said, close } = await desk(context);
  const fanfare = connect({ token: "t", name: "n/1" });
  assert.deepEqual(await said(), { op: "hello", token: "t", name: "n/1" });
  close(4001);
  assert.deepEqual(await fanfare.closed, { kind: "by_broker", code: 4001, reason: "" });
  await assert.rejects(fanfare.ready, /connect with a new token/);
});

test("a source of tokens is asked before each connection, and again if one is not accepted", async (context) => {
  const { connect, said, close } = await desk(context);
  let asked = 0;
  connect({ token: () => Promise.resolve(`t${++asked}`) });
  assert.equal((await said())["token"], "t1");
  close(4001);
  assert.equal((await said())["token"], "t2");
});

test("a token is renewed before it expires, on the same connection", async (context) => {
  const { connect, said, say } = await desk(context);
  let asked = 0;
  connect({ token: () => `t${++asked}` });
  await said();
  say({ ...WELCOME, expires_in_ms: 1_300 });
  const refresh = await said();
  assert.deepEqual([refresh["op"], refresh["token"]], ["refresh", "t2"]);
  say({ op: "ok", id: refresh["id"], expires_in_ms: 1_300 });
  assert.equal((await said())["token"], "t3");
});

/** A number of the broker's own. */
const OWN = 2 ** 31;
const at = (seq: number): Frame => ({ s: { epoch: "e", seq } });

test("what a token brings along is handed over once, and goes on after a break", async (context) => {
  const { connect, said, say, close } = await desk(context);
  const fanfare = connect({ token: "t" });
  const taken: Subscription[] = [];
  const first = new Promise<Subscription>((resolve) => {
    fanfare.on("auto", (subscription) => {
      taken.push(subscription);
      resolve(subscription);
    });
  });
  await said();
  say(WELCOME);
  say({ op: "subscribed", sub: OWN, pattern: "news", position: at(4), live: true });
  say({ op: "message", sub: OWN, topic: "news", text: "a", time: 0, stream: "s", seq: 5 });
  const news = await first;
  const messages = news[Symbol.asyncIterator]();
  assert.equal(news.pattern, "news");
  assert.equal(JSON.stringify(await news.ready), JSON.stringify(at(4)));
  const { value } = await messages.next();
  assert.equal(value?.text(), "a");
  close(4200);
  assert.equal((await said())["op"], "hello");
  const from = { position: at(5) };
  assert.deepEqual(await said(), { op: "subscribe", sub: OWN - 1, pattern: "news", from });
  say(WELCOME);
  say({ op: "subscribed", sub: OWN, pattern: "news", position: at(6), live: true });
  assert.deepEqual(await said(), { op: "unsubscribe", sub: OWN }, "the broker's is one too many");
  say({ op: "subscribed", sub: OWN - 1, position: at(5), recovered: true, live: true });
  say({ op: "message", sub: OWN - 1, topic: "news", text: "b", time: 0, stream: "s", seq: 6 });
  const next = await messages.next();
  assert.equal(next.value?.text(), "b");
  assert.equal(taken.length, 1);
  news.unsubscribe();
  assert.deepEqual(await said(), { op: "unsubscribe", sub: OWN - 1 });
});

test("what a token brings along and nobody listens for is left alone", async (context) => {
  const { connect, said, say } = await desk(context);
  const fanfare = connect({ token: "t" });
  await said();
  say(WELCOME);
  say({ op: "subscribed", sub: OWN, pattern: "news", position: at(4), live: true });
  say({ op: "message", sub: OWN, topic: "news", text: "a", time: 0, stream: "s", seq: 5 });
  void fanfare.ping().catch(() => undefined);
  assert.equal((await said())["op"], "ping");
});

test("whoever doubts the connection has the broker asked for a sign of life, once", async (context) => {
  const { connect, said, say } = await desk(context);
  const fanfare = connect({});
  await said();
  say(WELCOME);
  await fanfare.ready;
  fanfare.check();
  fanfare.check();
  assert.equal((await said())["op"], "ping");
  void fanfare.publish("a", 1).catch(() => undefined);
  assert.equal((await said())["op"], "publish");
});

test("a source that fails is told as an error and asked again", async (context) => {
  const { connect, said } = await desk(context);
  let asked = 0;
  const fanfare = connect({
    token: () => {
      if (++asked === 1) throw new Error("the identity provider is away");
      return "t";
    },
  });
  const causes: string[] = [];
  fanfare.on("state", (state) => {
    if (state.status === "reconnecting") causes.push(state.cause.message);
  });
  assert.equal((await said())["token"], "t");
  assert.match(causes[0] ?? "", /no token: .*the identity provider is away/);
});

test("a goaway says when to come back", async (context) => {
  const { connect, said, say, close } = await desk(context);
  let tries = 0;
  class Counted extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      tries++;
    }
  }
  const fanfare = connect({ WebSocket: Counted });
  await said();
  say(WELCOME);
  await fanfare.ready;
  // From here on this test moves the client's clock and rings its alarm.
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  const away = new Promise<State>((resolve) => fanfare.on("state", resolve));
  say({ op: "goaway", reason: "drain", reconnect_after_ms: 60_000 });
  close(4200);
  const state = await away;
  const pauseMs = state.status === "reconnecting" ? state.pauseMs : 0;
  assert.ok(pauseMs > 50_000 && pauseMs <= 60_000, `it waits ${pauseMs} ms`);
  context.mock.timers.tick(50_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(tries, 1, "it does not come back before");
  context.mock.timers.tick(10_000);
  assert.equal((await said())["op"], "hello");
});

// What a hostile page in a browser (headless Chromium) can do to the real broker on the same machine: nothing.
//
// A page that the broker trusts tries the same, and what the browser lets out gets through: so it is the broker that refuses
// it, and no mistake of the attacker's.

import assert from "node:assert/strict";
import type { Server } from "node:http";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";
import { WebSocket } from "ws";

import { connect } from "../../src/index.js";
import { Broker } from "../support/broker.js";
import { launch, serve } from "../support/chromium.js";

const PUBLISH = "/v1/topics/{topic}/messages";
/** Names of somebody else, both of which lead to this machine. */
const [EVIL, REBOUND] = ["evil.test", "rebound.test"];
const PAGE = "<!doctype html><title>hostile</title>";

let browser: Browser;
let site: Server;
let port: number;

before(async () => {
  [site, port] = await serve((_, response) => response.setHeader("content-type", "text/html").end(PAGE));
  const rules = [EVIL, REBOUND].map((name) => `MAP ${name} 127.0.0.1`).join(", ");
  // Chromium keeps some pages away from this machine by itself. Not all browsers do, and it is the broker that is tested.
  const off = "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets";
  browser = await launch(`--host-resolver-rules=${rules}`, off);
});

after(async () => {
  await browser.close();
  site.close();
});

/** A page in which the functions of this file run. */
async function newPage(): Promise<Page> {
  const page = await browser.newPage();
  // What loads this file gives functions their names by a helper that pages lack.
  await page.addInitScript("globalThis.__name = (named) => named");
  return page;
}

/** The port of an address. */
const portOf = (address: string): string => address.split(":").at(-1) ?? "";

/** The sum of the samples of a metric whose labels hold this. */
async function count(broker: Broker, name: string, labels = ""): Promise<number> {
  const page = await (await fetch(new URL("/metrics", broker.internal))).text();
  const samples = page.split("\n").filter((line) => /^\w+/.exec(line)?.[0] === name && line.includes(labels));
  return samples.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Waits until a metric is so high: not every request tells its page when it is answered. */
async function reaches(broker: Broker, name: string, labels: string, wanted: number): Promise<void> {
  while ((await count(broker, name, labels)) < wanted) await new Promise(setImmediate);
}

const answered = (route: string, status: string): [string, string] => [
  "fanfare_http_requests_total",
  `route="${route}",status="${status}"`,
];

/** How many messages were ever published. */
const published = (broker: Broker): Promise<number> => count(broker, "fanfare_stream_last_sequence");

/** A broker with one session, whose name is what an attacker would like to close. */
async function withSession(
  play: (broker: Broker, session: string, page: Page) => Promise<void>,
): Promise<void> {
  const broker = await Broker.start();
  const victim = connect(broker.url, { WebSocket });
  const page = await newPage();
  try {
    await victim.subscribe(">").ready;
    const list = await fetch(new URL("/v1/sessions", broker.internal));
    const { sessions } = (await list.json()) as { sessions: [{ session: string }] };
    await play(broker, sessions[0].session, page);
    assert.equal(victim.state.status, "connected");
  } finally {
    await page.close();
    await victim.close();
    await broker[Symbol.asyncDispose]();
  }
}

interface Aim {
  /** The client port and the internal port, as `HOST:PORT`. */
  client: string;
  internal: string;
  session: string;
}

/** All that a page can try against other origins. */
async function attack({ client, internal, session }: Aim): Promise<Record<string, string>> {
  const socket = (protocol?: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://${client}/ws`, protocol);
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    });
  const ask = async (path: string, init?: RequestInit): Promise<string> => {
    try {
      const answer = await fetch(`http://${internal}${path}`, init);
      return answer.type === "opaque" ? "opaque" : await answer.text();
    } catch {
      return "unreadable";
    }
  };
  const form = (path: string): Promise<string> =>
    new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.name = "target";
      document.body.append(frame);
      const form = document.createElement("form");
      Object.assign(form, { action: `http://${internal}${path}`, method: "POST", target: "target" });
      form.enctype = "text/plain";
      form.append(Object.assign(document.createElement("input"), { name: "x", value: "y" }));
      document.body.append(form);
      frame.onload = () => resolve("sent");
      form.submit();
    });
  const publish = (topic: string): string => `/v1/topics/hostile.${topic}/messages`;
  const json = { "content-type": "application/json" };
  return {
    socket: await socket("fanfare.v1.json"),
    plainSocket: await socket(),
    simple: await ask(publish("simple"), { method: "POST", mode: "no-cors", body: "x" }),
    beacon: String(navigator.sendBeacon(`http://${internal}${publish("beacon")}`, "x")),
    form: await form(publish("form")),
    preflighted: await ask("/v1/messages", { method: "POST", headers: json, body: "[]" }),
    close: await ask(`/v1/sessions/${session}`, { method: "DELETE" }),
    metrics: await ask("/metrics"),
    history: await ask("/v1/history"),
    sessions: await ask("/v1/sessions"),
  };
}

const OF_ELSEWHERE = {
  simple: "opaque",
  beacon: "true",
  form: "sent",
  preflighted: "unreadable",
  close: "unreadable",
  metrics: "unreadable",
  history: "unreadable",
  sessions: "unreadable",
};

/** Publishes of [attack] that need no leave of the browser's. */
const UNASKED = 3;

test("a page from elsewhere opens nothing, reads nothing and changes nothing", { timeout: 60_000 }, () =>
  withSession(async (broker, session, page) => {
    for (const [turn, host] of ["127.0.0.1", "localhost"].entries()) {
      await page.goto(`http://${EVIL}:${port}/`);
      const client = `${host}:${portOf(broker.address)}`;
      const aim = { client, internal: `${host}:${new URL(broker.internal).port}`, session };
      const outcome = await page.evaluate(attack, aim);
      assert.deepEqual(outcome, { ...OF_ELSEWHERE, socket: "refused", plainSocket: "refused" }, host);
      // All of it came to the broker, which refused it.
      await reaches(broker, ...answered(PUBLISH, "4xx"), UNASKED * (turn + 1));
      assert.equal(
        await count(broker, "fanfare_handshake_failures_total", 'reason="origin"'),
        2 * (turn + 1),
      );
      assert.equal(await count(broker, ...answered("/v1/messages", "4xx")), turn + 1);
      assert.equal(await count(broker, ...answered("/v1/sessions/{session}", "4xx")), turn + 1);
    }
    assert.equal(await count(broker, ...answered(PUBLISH, "2xx")), 0);
    assert.equal(await published(broker), 0);
    assert.equal(await count(broker, "fanfare_connections"), 1);
  }),
);

test("a page that is trusted gets through by the same means", { timeout: 60_000 }, () =>
  withSession(async (broker, session, page) => {
    await page.goto(`http://localhost:${port}/`);
    const aim = { client: broker.address, internal: new URL(broker.internal).host, session };
    const outcome = await page.evaluate(attack, aim);
    assert.deepEqual(outcome, { ...OF_ELSEWHERE, socket: "open", plainSocket: "open" });
    await reaches(broker, ...answered(PUBLISH, "2xx"), UNASKED);
    assert.equal(await published(broker), UNASKED);
  }),
);

/** What a page tries that thinks the broker's internal port its own. */
async function attackOwn({ client, session }: Aim): Promise<Record<string, string | number>> {
  const status = async (path: string, init?: RequestInit): Promise<number> =>
    (await fetch(path, init)).status;
  const socket = await new Promise<string>((resolve) => {
    const socket = new WebSocket(`ws://${client}/ws`);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  });
  const metrics = await (await fetch("/metrics")).text();
  return {
    socket,
    metrics: metrics.includes("fanfare_connections") ? "read" : "kept back",
    sessions: await status("/v1/sessions"),
    publish: await status("/v1/topics/hostile/messages", { method: "POST", body: "x" }),
    close: await status(`/v1/sessions/${session}`, { method: "DELETE" }),
  };
}

/** A page of the internal port under some name, as a browser has it whose name server changed its mind after loading it. */
async function asOwn(broker: Broker, session: string, page: Page, name: string): Promise<object> {
  const internal = `${name}:${new URL(broker.internal).port}`;
  const url = `http://${internal}/hostile`;
  await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: PAGE }));
  await page.goto(url);
  return page.evaluate(attackOwn, { client: `${name}:${portOf(broker.address)}`, internal, session });
}

test("a page whose name was made to lead here neither reads nor changes anything", { timeout: 60_000 }, () =>
  withSession(async (broker, session, page) => {
    assert.deepEqual(await asOwn(broker, session, page, REBOUND), {
      socket: "refused",
      metrics: "kept back",
      sessions: 403,
      publish: 403,
      close: 403,
    });
    assert.equal(await count(broker, "fanfare_handshake_failures_total", 'reason="host"'), 1);
    assert.equal(await published(broker), 0);
  }),
);

test("a page of the broker's own port may do all of that", { timeout: 60_000 }, async () => {
  const broker = await Broker.start();
  const page = await newPage();
  try {
    const outcome = await asOwn(broker, "none", page, "localhost");
    assert.deepEqual(outcome, { socket: "open", metrics: "read", sessions: 200, publish: 200, close: 404 });
    assert.equal(await published(broker), 1);
  } finally {
    await page.close();
    await broker[Symbol.asyncDispose]();
  }
});

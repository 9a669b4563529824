// What a page hears by the browser's own EventSource (headless Chromium), without any SDK, from the real broker.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";
import { WebSocket } from "ws";

import { type Fanfare, connect } from "../../src/index.js";
import { Broker } from "../support/broker.js";
import { launch, serve } from "../support/chromium.js";

const SECRET = "a secret of at least thirty-two bytes";
const TIMEOUT = { timeout: 40_000 };

let browser: Browser;
let files: Server;
let site: string;

before(async () => {
  let port: number;
  [files, port] = await serve((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>test</title>");
  });
  site = `http://127.0.0.1:${port}`;
  browser = await launch();
});

after(async () => {
  await browser.close();
  files.close();
});

interface Heard {
  name: string;
  text?: string;
  code?: number;
  id: string;
}

interface Hearing {
  source: EventSource;
  heard: Heard[];
}

/** Opens a source in the page; all that it hears is kept there. */
const HEAR = ({ url, withCredentials }: { url: string; withCredentials: boolean }): void => {
  const source = new EventSource(url, { withCredentials });
  const heard: Heard[] = [];
  for (const name of ["subscribed", "message", "gap", "behind", "live", "goaway", "close"]) {
    source.addEventListener(name, ({ data, lastEventId }: MessageEvent<string>) => {
      const { text, code } = JSON.parse(data) as { text?: string; code?: number };
      heard.push({
        name,
        id: lastEventId,
        ...(text !== undefined && { text }),
        ...(code !== undefined && { code }),
      });
    });
  }
  Object.assign(globalThis, { source, heard });
};

const heardBy = (page: Page): Promise<Heard[]> =>
  page.evaluate(() => (globalThis as unknown as Hearing).heard);

async function textsOf(page: Page): Promise<string[]> {
  return (await heardBy(page)).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

async function hears(page: Page, name: string, count = 1): Promise<void> {
  const enough = ({ name, count }: { name: string; count: number }): boolean =>
    (globalThis as unknown as Hearing).heard.filter((event) => event.name === name).length >= count;
  await page.waitForFunction(enough, { name, count }, TIMEOUT);
}

async function gaveUp(page: Page): Promise<void> {
  await page.waitForFunction(
    () => (globalThis as unknown as Hearing).source.readyState === EventSource.CLOSED,
    undefined,
    TIMEOUT,
  );
}

/** How often the broker has written to a socket. */
async function writes(broker: Broker): Promise<number> {
  const metrics = await (await fetch(`${broker.internal}/metrics`)).text();
  return Number(/^fanfare_socket_writes_total (\d+)/m.exec(metrics)?.[1]);
}

interface Bench {
  broker: Broker;
  page: Page;
  /** A publisher outside of the browser. */
  writer: Fanfare;
  hear: (query: string, withCredentials?: boolean) => Promise<void>;
}

function promise(
  name: string,
  config: string,
  token: string | undefined,
  play: (bench: Bench) => Promise<void>,
): void {
  test(name, { timeout: 60_000 }, async (context) => {
    const broker = await Broker.start(config);
    const page = await browser.newPage();
    const writer = connect(broker.url, { WebSocket, ...(token !== undefined && { token }) });
    context.after(async () => {
      await page.close();
      await writer.close();
      await broker[Symbol.asyncDispose]();
    });
    await page.goto(site);
    const hear = (query: string, withCredentials = false): Promise<void> =>
      page.evaluate(HEAR, { url: `http://${broker.address}/sse?${query}`, withCredentials });
    await play({ broker, page, writer, hear });
  });
}

/** A token for `n.>`, good for so many seconds. */
function token(seconds: number): string {
  const claims = {
    sub: "ada",
    exp: Math.floor(Date.now() / 1000) + seconds,
    fanfare: { subscribe: ["n.>"], publish: ["n.>"] },
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

promise("the page of SSE.md shows what is published", "", undefined, async ({ broker, page, writer }) => {
  const text = readFileSync(new URL("../../../../broker/SSE.md", import.meta.url), "utf8");
  const pasted = text.split("```html\n")[1]?.split("```")[0]?.replace("127.0.0.1:7440", broker.address);
  await page.setContent(pasted ?? "");
  await writer.publish("orders.eu", { item: "tea" }, { key: true });
  await page.waitForSelector('li:has-text("orders.eu 1: {\\"item\\":\\"tea\\"}")', TIMEOUT);
});

promise(
  "a page goes on by itself after a restart of the broker, and hears everything once",
  "",
  undefined,
  async ({ broker, page, writer, hear }) => {
    await hear("pattern=n.%3E");
    await hears(page, "subscribed");
    for (const text of ["1", "2\r\n\nlines"]) await writer.publish("n.a", text, { key: true });
    await hears(page, "message", 2);
    await broker.stop();
    await broker.start();
    await writer.publish("n.a", "3", { key: true });
    await hears(page, "message", 3);
    assert.deepEqual(await textsOf(page), ["1", "2\r\n\nlines", "3"]);
    const names = (await heardBy(page)).map(({ name }) => name);
    assert.equal(names.includes("gap"), false);
    assert.equal(names.includes("goaway") && names.includes("close"), true);
  },
);

promise(
  "the place of a page moves on while it hears nothing",
  '[limits]\nheartbeat = "100ms"\n[[stream]]\nname = "recent"\npatterns = [">"]\nmax_messages_per_topic = 3\n',
  undefined,
  async ({ broker, page, writer, hear }) => {
    await hear("pattern=n.*");
    await hears(page, "subscribed");
    for (let n = 0; n < 20; n++) await writer.publish("busy", String(n), { key: true });
    // A place alone is no event, so what tells is the next one: it would say a gap if the browser had not kept it.
    // The page and the writer are pinged in turn, and nothing else is written.
    const enough = (await writes(broker)) + 10;
    while ((await writes(broker)) < enough) await page.evaluate(() => new Promise(requestAnimationFrame));
    await broker.stop();
    await broker.start();
    await hears(page, "subscribed", 2);
    await writer.publish("n.a", "after", { key: true });
    await hears(page, "message");
    assert.equal(
      (await heardBy(page)).some(({ name }) => name === "gap"),
      false,
    );
  },
);

promise(
  "a cookie opens a source to a page whose origin may come, and the source gives up when its token is over",
  `[auth]\nleeway = "0s"\ncookie = "fanfare"\n[[auth.issuer]]\nsecret = "${SECRET}"\n`,
  token(60),
  async ({ page, writer, hear }) => {
    await page.context().addCookies([{ name: "fanfare", value: token(4), url: site, sameSite: "Lax" }]);
    await hear("pattern=n.%3E", true);
    await hears(page, "subscribed");
    await writer.publish("n.a", "1", { key: true });
    await hears(page, "message");
    await hears(page, "close");
    assert.equal((await heardBy(page)).at(-1)?.code, 4002);
    await gaveUp(page);
  },
);

promise(
  "a source that may not hear what it asks for gives up",
  `[[auth.issuer]]\nsecret = "${SECRET}"\n`,
  token(60),
  async ({ page, hear }) => {
    await hear(`pattern=other&token=${token(60)}`);
    await gaveUp(page);
    await hear(`pattern=n.%3E&token=${token(60)}`);
    await hears(page, "subscribed");
  },
);

promise(
  "a source whose session is closed for good does not come back",
  "",
  undefined,
  async ({ broker, page, hear }) => {
    await hear("pattern=n.%3E");
    await hears(page, "subscribed");
    const list = (await (await fetch(`${broker.internal}/v1/sessions`)).json()) as {
      sessions: { session: string; encoding: string }[];
    };
    const session = list.sessions.find(({ encoding }) => encoding === "sse")?.session ?? "none";
    await fetch(`${broker.internal}/v1/sessions/${session}`, { method: "DELETE" });
    await hears(page, "close");
    await gaveUp(page);
    assert.equal((await heardBy(page)).at(-1)?.code, 4003);
  },
);

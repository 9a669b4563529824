// A stage for the console's tests: the built broker, a page of headless Chromium that shows its console, and helpers.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect as dial } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { WebSocket } from "ws";

import { type ConnectOptions, type Fanfare, connect } from "fanfare-client";

import { Broker } from "../../../../client-sdk/typescript/test/support/broker.js";
import { launch } from "../../../../client-sdk/typescript/test/support/chromium.js";

export { Broker };

/** Where screenshots go. */
export const REPORTS = fileURLToPath(new URL("../../../../target/reports/console/", import.meta.url));

let browser: Browser;

before(async () => {
  browser = await launch();
});

after(() => browser.close());

/** One test's world. */
export interface Stage {
  readonly broker: Broker;
  readonly page: Page;
  /** A client outside of the browser. */
  readonly client: Fanfare;
  /** What the page complained of: its console's errors, and what it threw. */
  readonly complaints: string[];
  /** Another client. */
  readonly join: (options?: ConnectOptions) => Fanfare;
}

export interface Set {
  /** The broker's configuration, in TOML. */
  readonly config?: string;
  /** What the address says behind the `#`. */
  readonly view?: string;
  readonly context?: BrowserContextOptions;
  /** Whether requests that fail are part of the test. */
  readonly failing?: boolean;
  /** Whoever the client outside is. */
  readonly client?: ConnectOptions;
  /** Whether the page's clock is the test's to move on, and its requests are counted. */
  readonly clock?: boolean;
}

const WIDE: BrowserContextOptions = { viewport: { width: 1_280, height: 800 } };

/** A promise of the console, kept by a page that complains of nothing. */
export function promise(name: string, set: Set, play: (stage: Stage) => Promise<void>): void {
  test(name, { timeout: 90_000 }, async (context) => {
    const broker = await Broker.start(set.config);
    const clients: Fanfare[] = [];
    const join = (options: ConnectOptions = {}): Fanfare => {
      const client = connect(broker.url, { WebSocket, ...options });
      clients.push(client);
      return client;
    };
    const visitor = await browser.newContext({ ...WIDE, ...set.context });
    // Chromium takes a page that was passed on by hand for one from elsewhere.
    await visitor.grantPermissions(["local-network-access"]);
    const page = await visitor.newPage();
    context.after(async () => {
      await visitor.close();
      await Promise.all(clients.map((client) => client.close()));
      await broker[Symbol.asyncDispose]();
    });
    const complaints = listenTo(page);
    if (process.env["CONSOLE_DIST"] !== undefined) await takeDist(page);
    if (set.clock === true) await takeClock(page);
    await leadThroughDoor(page, broker);
    await page.goto(`${broker.internal}/${set.view ?? ""}`);
    await play({ broker, page, client: join(set.client), complaints, join });
    const unexpected = complaints.filter(
      (text) => set.failing !== true || !/Failed to load|WebSocket connection/.test(text),
    );
    assert.deepEqual(unexpected, []);
  });
}

/** The page learns the broker's own port, and is to use the one that outlives a restart. */
async function leadThroughDoor(page: Page, broker: Broker): Promise<void> {
  const [, port = ""] = broker.address.split(":");
  await page.route(`${broker.internal}/`, async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    const body = text.replace(/data-client-port="\d+"/, `data-client-port="${port}"`);
    const own = /data-client-port="(\d+)"/.exec(text)?.[1] ?? "";
    const policy = answer.headers()["content-security-policy"]?.replaceAll(`:${own}`, `:${port}`);
    const headers = { ...answer.headers(), ...(policy && { "content-security-policy": policy }) };
    await route.fulfill({ response: answer, body, headers });
  });
}

/** Takes script and style from dist rather than from the binary, so that what was just built can be tried. */
async function takeDist(page: Page): Promise<void> {
  const contentTypes = { "console.js": "text/javascript", "console.css": "text/css" };
  for (const [name, contentType] of Object.entries(contentTypes)) {
    const path = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
    await page.route(`**/${name}`, (route) => route.fulfill({ path, contentType }));
  }
}

interface Counting {
  asked: number;
}

async function takeClock(page: Page): Promise<void> {
  await page.clock.install();
  await page.addInitScript(() => {
    const counting = globalThis as unknown as Counting;
    const ask = globalThis.fetch;
    counting.asked = 0;
    globalThis.fetch = (...request) => {
      counting.asked += 1;
      return ask(...request);
    };
  });
}

/** How many requests the page makes while its clock moves on by this, in milliseconds. */
export async function asksWithin(page: Page, ms: number): Promise<number> {
  const asked = (): Promise<number> => page.evaluate(() => (globalThis as unknown as Counting).asked);
  const before = await asked();
  await page.clock.runFor(ms);
  return (await asked()) - before;
}

function listenTo(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (said) => {
    if (said.type() === "error" || said.type() === "warning") complaints.push(said.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

/** Waits until this is visible. */
export const sees = (page: Page, selector: string): Promise<unknown> =>
  page.waitForSelector(selector, { state: "visible", timeout: 20_000 });

/** Waits until the text of something that is visible is like this. */
export async function reads(page: Page, selector: string, like: RegExp): Promise<void> {
  const wanted = page.locator(selector).filter({ hasText: like }).filter({ visible: true });
  try {
    await wanted.first().waitFor({ timeout: 20_000 });
  } catch (cause) {
    const found = await page.locator(selector).allTextContents();
    throw new Error(`${selector} reads ${JSON.stringify(found)}, not ${String(like)}`, { cause });
  }
}

export const texts = (page: Page, selector: string): Promise<string[]> =>
  page.locator(selector).allTextContents();

/** A session that subscribes and then never reads, so that what is published waits for it. */
export async function neverReads(broker: Broker, pattern: string, name: string): Promise<Socket> {
  const [host = "", port = ""] = broker.address.split(":");
  const socket = dial(Number(port), host);
  await once(socket, "connect");
  const key = Buffer.from("a key of 16 byte").toString("base64");
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${broker.address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await once(socket, "data");
  socket.write(frame({ op: "hello", name }));
  socket.write(frame({ op: "subscribe", sub: 1, pattern }));
  await once(socket, "data");
  socket.pause();
  return socket;
}

/** A short text frame, masked with zeros. */
function frame(body: object): Buffer {
  const text = Buffer.from(JSON.stringify(body));
  assert.ok(text.length < 126);
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
}

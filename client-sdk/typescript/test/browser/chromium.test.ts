// What the single file promises in a browser (headless Chromium) against the real broker.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { after, before, test } from "node:test";
import { kill } from "node:process";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "playwright-core";
import { WebSocket } from "ws";

import { type Fanfare, connect } from "../../src/index.js";
import { Broker } from "../support/broker.js";
import { launch, serve } from "../support/chromium.js";

const HOME = new URL("../../", import.meta.url);
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript" };
const STREAM = '[[stream]]\nname = "recent"\npatterns = [">"]\nmax_age = "10m"\nmax_bytes = "256MiB"\n';

let browser: Browser;
let files: Server;
let site: string;

before(async () => {
  let port: number;
  [files, port] = await serve((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    try {
      const body =
        path === "/" ? "<!doctype html><title>test</title>" : readFileSync(new URL(`.${path}`, HOME));
      response.setHeader("content-type", TYPES[path.split(".").at(-1) ?? ""] ?? "text/html");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  site = `http://127.0.0.1:${port}`;
  browser = await launch();
});

after(async () => {
  await browser.close();
  files.close();
});

interface Bench {
  broker: Broker;
  page: Page;
  /** A publisher outside of the browser. */
  writer: Fanfare;
}

/** A broker, and a page whose `seen` fills with the numbers and notices of `n.>`. */
function promise(name: string, play: (bench: Bench) => Promise<void>): void {
  for (const encoding of ["msgpack", "json"] as const) {
    test(`${name} (${encoding})`, { timeout: 60_000 }, async (context) => {
      const broker = await Broker.start(STREAM);
      const page = await browser.newPage();
      const writer = connect(broker.url, { WebSocket });
      context.after(async () => {
        await page.close();
        await writer.close();
        await broker[Symbol.asyncDispose]();
      });
      await page.goto(site);
      await page.evaluate(FOLLOW, { url: broker.url, encoding });
      await play({ broker, page, writer });
    });
  }
}

interface Followed {
  fanfare: Fanfare;
  seen: (number | string)[];
}

const FOLLOW = async ({ url, encoding }: { url: string; encoding: "msgpack" | "json" }): Promise<void> => {
  const file = "/dist/fanfare-client.min.js";
  const lib = (await import(file)) as { connect: typeof connect };
  const fanfare = lib.connect(url, { encoding });
  const seen: (number | string)[] = [];
  Object.assign(globalThis, { fanfare, seen });
  const subscription = fanfare.subscribe<number[]>("n.>");
  void (async () => {
    for await (const event of subscription.events()) {
      seen.push(event.type === "message" ? (event.message.json()[0] ?? NaN) : event.type);
    }
  })();
  await subscription.ready;
};

const numbers = async (page: Page): Promise<number[]> =>
  (await seenBy(page)).filter((entry): entry is number => typeof entry === "number");

const seenBy = (page: Page): Promise<(number | string)[]> =>
  page.evaluate(() => (globalThis as unknown as Followed).seen);

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

async function publish(writer: Fanfare, from: number, to: number, padding = 0): Promise<void> {
  const rest = "x".repeat(padding);
  await Promise.all(range(from, to).map((n) => writer.publish("n.a", [n, rest], { key: true })));
}

async function reaches(page: Page, last: number): Promise<void> {
  await page.waitForFunction((last) => (globalThis as unknown as Followed).seen.includes(last), last, {
    timeout: 40_000,
  });
}

/** The processes that run pages: stopping them is what freezes a page for certain. */
async function renderersOf(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

promise("a page hears what is published, and publishes itself", async ({ page, writer }) => {
  await publish(writer, 0, 10);
  const seq = await page.evaluate(
    async () => (await (globalThis as unknown as Followed).fanfare.publish("n.b", [10])).seq,
  );
  assert.equal(seq, 11);
  await reaches(page, 10);
  assert.deepEqual(await numbers(page), range(0, 11));
});

promise("a restart of the broker loses nothing", async ({ broker, page, writer }) => {
  await publish(writer, 0, 10);
  await reaches(page, 9);
  await broker.stop();
  // So that the page comes back when something was published meanwhile.
  await page.context().setOffline(true);
  await broker.start();
  await publish(writer, 10, 15);
  await page.context().setOffline(false);
  await publish(writer, 15, 20);
  await reaches(page, 19);
  assert.deepEqual(await numbers(page), range(0, 20));
  assert.equal((await seenBy(page)).includes("gap"), false);
});

promise(
  "a crash of the broker is told in its place, and the page goes on",
  async ({ broker, page, writer }) => {
    await publish(writer, 0, 10);
    await reaches(page, 9);
    await broker.stop("SIGKILL");
    await page.waitForFunction(
      () => (globalThis as unknown as Followed).fanfare.state.status !== "connected",
    );
    await broker.start();
    await publish(writer, 10, 20);
    await reaches(page, 19);
    assert.deepEqual(await numbers(page), range(0, 20));
    const seen = await seenBy(page);
    const [before, gap, after] = [seen.indexOf(9), seen.indexOf("gap"), seen.indexOf(10)];
    assert.ok(before < gap && gap < after && seen.lastIndexOf("gap") === gap, JSON.stringify(seen));
  },
);

promise("a page that is offline for a while goes on where it stood", async ({ page, writer }) => {
  await publish(writer, 0, 10);
  await reaches(page, 9);
  await page.context().setOffline(true);
  await page.waitForFunction(() => (globalThis as unknown as Followed).fanfare.state.status !== "connected");
  await publish(writer, 10, 20);
  await page.context().setOffline(false);
  await publish(writer, 20, 30);
  await reaches(page, 29);
  assert.deepEqual(await numbers(page), range(0, 30));
  assert.equal((await seenBy(page)).includes("gap"), false);
});

promise(
  "a frozen page falls behind, costs nobody else anything, and catches up when it thaws",
  async ({ page, writer }) => {
    await publish(writer, 0, 10);
    await reaches(page, 9);
    const renderers = await renderersOf(browser);
    for (const process of renderers) kill(process, "SIGSTOP");
    // More than sockets, the browser and the broker's queue hold.
    for (let n = 10; n < 1_010; n += 100) await publish(writer, n, n + 100, 40_000);
    for (const process of renderers) kill(process, "SIGCONT");
    await publish(writer, 1_010, 1_011);
    await reaches(page, 1_010);
    assert.deepEqual(await numbers(page), range(0, 1_011));
    const seen = await seenBy(page);
    assert.equal(seen.includes("gap"), false);
    assert.equal(seen.includes("behind"), true);
  },
);

test("the example shows the cursor of one page on another", { timeout: 60_000 }, async (context) => {
  const broker = await Broker.start();
  const pages = await Promise.all([browser.newPage(), browser.newPage({ colorScheme: "dark" })]);
  context.after(async () => {
    await Promise.all(pages.map((page) => page.close()));
    await broker[Symbol.asyncDispose]();
  });
  const [one, other] = pages;
  const query = `broker=${encodeURIComponent(broker.url)}`;
  await one.goto(`${site}/examples/cursors.html?${query}&name=Ada`);
  await other.goto(`${site}/examples/cursors.html?${query}&name=Bob`);
  for (const page of pages) await page.waitForSelector("#state[data-status=connected]");
  await one.mouse.move(200, 300);
  await one.mouse.move(400, 350);
  await other.mouse.move(600, 200);
  await other.waitForSelector('.cursor:has-text("Ada")');
  await one.waitForSelector('.cursor:has-text("Bob")');
  assert.equal(await other.locator(".cursor").count(), 2);
  const reports = fileURLToPath(new URL("../../target/reports/", HOME));
  await other.screenshot({ path: `${reports}/cursors-dark.png` });
  await one.screenshot({ path: `${reports}/cursors-light.png` });
  await one.setViewportSize({ width: 360, height: 640 });
  // The label of a cursor glides to its place.
  await one.waitForFunction(() => document.getAnimations().length === 0);
  await one.screenshot({ path: `${reports}/cursors-narrow.png` });
  for (const name of ["Ada", "Bob"]) {
    const place = await one.locator(`.cursor:has-text("${name}")`).boundingBox();
    assert.ok(
      place !== null && place.x < 360 && place.y < 640,
      "a cursor stays on a page that becomes narrow",
    );
  }
});

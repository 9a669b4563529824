// The console as a whole, in headless Chromium against the real broker: breaks, signing in, keys, phones, hostile text.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import type { Page } from "playwright-core";

import { type Set, asksWithin, promise, reads, sees, texts } from "../support/stage.js";

const VIEWS = ["overview", "live", "sessions", "streams"];

promise(
  "a restart of the broker is told, and the page recovers by itself",
  { view: "#/live", failing: true },
  async ({ page, broker, client }) => {
    await reads(page, ".badge", /^Live$/);
    await client.publish("a", "before");
    await reads(page, ".rows .data", /before/);
    await broker.stop();
    await reads(page, ".status", /Connection lost/);
    await reads(page, ".banner", /No connection for/);
    await reads(page, ".badge", /^No connection$/);
    assert.equal(await page.getByRole("button", { name: "Publish", exact: true }).isDisabled(), true);
    await broker.start();
    await reads(page, ".status", /Connected again/);
    await client.publish("a", "after");
    await reads(page, ".badge", /^Live$/);
    await reads(page, ".note", /Connected again: .*nothing of a stream is missing/);
    await reads(page, ".rows .data", /after/);
    assert.deepEqual(await texts(page, ".rows .data"), ["before", "after"]);
    await page.goto(`${broker.internal}/#/overview`);
    await reads(page, ".events li", /This page is connected again/);
    await reads(page, ".figure:has(h3:text-is('Connections')) .number", /^2$/);
  },
);

promise(
  "a session that an administrator closed says so, and can be begun again",
  {},
  async ({ page, broker }) => {
    await sees(page, ".calm");
    const { sessions } = (await (await fetch(`${broker.internal}/v1/sessions`)).json()) as {
      sessions: { session: string; name?: string }[];
    };
    const own = sessions.find(({ name }) => name?.startsWith("fanfare-console/"));
    await fetch(`${broker.internal}/v1/sessions/${own?.session ?? ""}`, { method: "DELETE" });
    await reads(page, ".banner", /Disconnected.*4003/);
    await page.getByRole("button", { name: "Connect again" }).click();
    await reads(page, ".status", /Connected/);
  },
);

/** An API key, and the lines that make it known. */
function apiKey(rights: string): { key: string; config: string } {
  const binary =
    process.env["FANFARE_BIN"] ?? new URL("../../../../target/debug/fanfare", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(binary, ["token", "key", "console"], { encoding: "utf8" });
  const key = stdout.trim();
  const hash = /^hash = .*$/m.exec(stderr)?.[0] ?? "";
  return { key, config: `[[api_key]]\nname = "console"\n${hash}\n${rights}\n` };
}

const admin = apiKey('subscribe = [">", "$sys.>"]\npublish = [">"]\nadmin = true');
const reader = apiKey('subscribe = ["orders.>"]');

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token or API key").fill(token);
  await page.keyboard.press("Enter");
}

const WALLED: Set = { config: admin.config, failing: true, client: { token: admin.key } };

promise(
  "a broker that wants to know who comes is signed in to, and out of",
  WALLED,
  async ({ page, broker }) => {
    await reads(page, "dialog[open]", /wants to know who you are/);
    await signIn(page, "not.a.token");
    await reads(page, "dialog[open]", /did not accept that/);
    await signIn(page, admin.key);
    await reads(page, ".status", /Connected/);
    await reads(page, ".calm", /All is well/);
    await reads(page, ".stream h3", /recent/);
    await page.reload();
    await reads(page, ".calm", /All is well/);
    assert.equal(page.url().includes(admin.key), false);
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), document.cookie].join());
    assert.equal(kept.includes("ffk_"), false, "the key is kept in the tab alone");
    const other = await page.context().newPage();
    await other.goto(broker.internal);
    await reads(other, "dialog[open]", /wants to know who you are/);
    await other.close();
    await page.getByRole("button", { name: "Sign out" }).click();
    await reads(page, "dialog[open]", /wants to know who you are/);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  },
);

promise(
  "what one may not see is said in each panel, and what one may see is there",
  { config: reader.config, failing: true, client: { token: reader.key }, clock: true },
  async ({ page }) => {
    await signIn(page, reader.key);
    await reads(page, ".figures .denied", /You may not see this.*may not hear/);
    await reads(page, "#events .denied", /You may not see this/);
    await reads(page, "section:has(#streams-title) .denied", /only administrators/i);
    assert.equal(await asksWithin(page, 10_000), 0, "who is refused does not ask again and again");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Sessions" }).click();
    await reads(page, ".sessions .denied", /only administrators/i);
    await page.getByRole("link", { name: "Live" }).click();
    await reads(page, ".tail .denied", /may not hear all of this pattern/);
    await page.getByLabel("Pattern", { exact: true }).fill("orders.>");
    await page.keyboard.press("Enter");
    await reads(page, ".badge", /^Live$/);
  },
);

promise("everything can be done by keyboard, and the focus is always seen", {}, async ({ page, join }) => {
  const victim = join({ name: "victim/1" });
  await victim.ready;
  await sees(page, ".calm");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  for (const [at, view] of VIEWS.entries()) {
    await page.keyboard.press(String(at + 1));
    await page.waitForURL(new RegExp(`#/${view}`));
    assert.deepEqual(await unseenFocus(page), [], `focus in ${view}`);
  }
  await page.keyboard.press("Escape");
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("2");
  await page.keyboard.press("p");
  await reads(page, "#pause", /Go on/);
  await page.keyboard.press("p");
  await page.keyboard.press("/");
  await page.keyboard.type("words");
  assert.equal(await page.getByRole("searchbox").inputValue(), "words");
  await page.locator("#payload").focus();
  await page.keyboard.press("Control+Enter");
  await reads(page, ".publish .outcome", /Published as recent #1/);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("3");
  await page.getByRole("button", { name: /^Close session victim\/1/ }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.closest("dialog") !== null), true);
  await page.getByRole("button", { name: "Close session", exact: true }).focus();
  await page.keyboard.press("Enter");
  assert.equal((await victim.closed).kind, "by_broker");
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("?");
  await reads(page, "dialog[open]", /Keys/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
});

/** Goes through everything that Tab reaches, and gives what does not show that it has the focus. */
async function unseenFocus(page: Page): Promise<string[]> {
  const unseen: string[] = [];
  const reached = new Set<string>();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press("Tab");
    const [name, seen] = await page.evaluate((): [string, boolean] => {
      const element = document.activeElement ?? document.body;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const name = element === document.body ? "" : `${element.outerHTML.slice(0, 80)} ${box.x} ${box.y}`;
      return [name, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
    });
    if (name === "" || reached.has(name)) break;
    reached.add(name);
    if (!seen) unseen.push(name);
  }
  assert.ok(reached.size > 8, `Tab reached ${reached.size} things`);
  return unseen;
}

promise("single keys can be switched off", {}, async ({ page }) => {
  await sees(page, ".calm");
  await page.keyboard.press("?");
  await page.getByLabel("Keys of a single character").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("3");
  assert.equal(new URL(page.url()).hash, "");
});

for (const colorScheme of ["light", "dark"] as const) {
  const phone: Set = { context: { viewport: { width: 360, height: 740 }, colorScheme, hasTouch: true } };
  promise(`on a phone nothing runs out at the side (${colorScheme})`, phone, async ({ page, client }) => {
    await sees(page, ".calm");
    const long = "a".repeat(200);
    await client.publish(`orders.${long}`, { [long]: long });
    await client.publish("orders.eu", long);
    for (const view of VIEWS) {
      await page.goto(`${new URL(page.url()).origin}/#/${view}`);
      await sees(page, view === "live" ? ".badge" : ".card");
      if (view === "sessions" || view === "streams") await sees(page, "tbody tr");
      const { over, small } = await page.evaluate(() => ({
        over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        small: [...document.querySelectorAll("button, select, input:not([type=radio], [type=checkbox])")]
          .filter((element) => (element as HTMLElement).checkVisibility())
          .filter((element) => element.getBoundingClientRect().height < 24)
          .map((element) => element.outerHTML.slice(0, 80)),
      }));
      assert.deepEqual({ view, over, small }, { view, over: 0, small: [] });
    }
  });
}

const EVIL = '<img src=x onerror="hacked=1"><script>hacked=1</script>';

promise(
  "hostile names, topics and payloads are shown as text, whatever they say",
  {},
  async ({ page, client, join }) => {
    await sees(page, ".calm");
    const topic = "<b.<img/src='x'onerror='hacked=1'.&lt;i";
    const evil = join({ name: EVIL });
    await evil.subscribe(topic).ready;
    await reads(page, ".events li", /onerror="hacked=1"><script>/);
    await page.goto(`${new URL(page.url()).origin}/#/live`);
    await reads(page, ".badge", /^Live$/);
    await client.publish(topic, { [EVIL]: [EVIL] }, { headers: { x: EVIL } });
    await client.publish(topic, EVIL);
    await page.locator(".rows > li").nth(1).waitFor();
    await reads(page, ".rows .topic", /<img\/src/);
    for (const summary of await page.locator(".rows > li > details > summary").all()) await summary.click();
    await reads(page, ".tree .name", /<script>hacked=1/);
    await reads(page, ".whole .facts", /<script>hacked=1/);
    await reads(page, ".whole .text", /<script>hacked=1/);
    await page.getByLabel("Pattern", { exact: true }).fill(EVIL.replaceAll(" ", ""));
    await page.keyboard.press("Enter");
    await sees(page, ".tail .fault");
    await page.goto(`${new URL(page.url()).origin}/#/sessions`);
    await reads(page, "tbody", /<script>hacked=1/);
    await page.getByRole("button", { name: /^Close session <img/ }).click();
    await reads(page, "dialog[open]", /<script>hacked=1/);
    await page.keyboard.press("Escape");
    await page.goto(`${new URL(page.url()).origin}/#/streams`);
    await reads(page, "tbody", /onerror/);
    const harm = await page.evaluate(() => [
      typeof (globalThis as { hacked?: unknown }).hacked,
      document.querySelectorAll("img, b[src], body script").length,
    ]);
    assert.deepEqual(harm, ["undefined", 0]);
  },
);

promise(
  "a hidden page asks nothing over HTTP, and goes on when it is seen again",
  { view: "#/sessions", clock: true },
  async ({ page }) => {
    await sees(page, "tbody tr");
    assert.notEqual(await asksWithin(page, 5_000), 0, "a page that is seen asks");
    await setHidden(page, true);
    assert.equal(await asksWithin(page, 10_000), 0);
    const again = page.waitForRequest(/\/v1\/sessions/);
    await setHidden(page, false);
    await again;
  },
);

async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

promise(
  "every control has a name, every id is one of its kind, and each view has its landmarks",
  {},
  async ({ page, client }) => {
    await client.publish("orders.eu", { a: 1 });
    for (const view of VIEWS) {
      await page.goto(`${new URL(page.url()).origin}/#/${view}`);
      await sees(page, "h1, h2");
      const faults = await page.evaluate(() => {
        const all = [...document.querySelectorAll<HTMLElement>("body *")];
        const ids = all.map(({ id }) => id).filter(Boolean);
        const nameless = all
          .filter((element) =>
            element.matches(
              "button, a[href], input, select, textarea, summary, [role=img], [role=log], [role=meter]",
            ),
          )
          .filter((element) => {
            const labels = (element as HTMLInputElement).labels ?? [];
            return (
              !(element.getAttribute("aria-label") ?? "").trim() &&
              !element.textContent.trim() &&
              labels.length === 0
            );
          });
        return {
          twice: ids.filter((id, at) => ids.indexOf(id) !== at),
          nameless: nameless.map((element) => element.outerHTML.slice(0, 80)),
          landmarks: ["header", "nav", "main"].filter((name) => document.querySelectorAll(name).length === 0),
          headings: document.querySelectorAll("main h1").length,
        };
      });
      assert.deepEqual({ view, ...faults }, { view, twice: [], nameless: [], landmarks: [], headings: 1 });
    }
  },
);

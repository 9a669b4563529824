// The console's panels, in headless Chromium against the real broker: what they show, and what people do in them.

import assert from "node:assert/strict";

import { json } from "fanfare-client";

import { neverReads, promise, reads, sees, texts } from "../support/stage.js";

const ROWS = ".rows > li:not(.note)";

promise("a newcomer publishes with one press, and sees the message arrive", {}, async ({ page, client }) => {
  await reads(page, ".start h2", /Your broker is running/);
  assert.equal(await page.getByLabel("Topic").inputValue(), "hello.world");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await reads(page, ".start .outcome", /Arrived after .* ms as number 1 of stream recent: \{"hello":"world"/);
  const { messages } = await client.history("hello.world");
  assert.deepEqual(messages[0]?.json(), { hello: "world", times: 1 });
});

promise("the overview fills with what goes on", {}, async ({ page, client }) => {
  await client.ready;
  await reads(page, ".figure:has(h3:text-is('Connections')) .number", /^2$/);
  const timer = setInterval(() => void client.publish("orders.eu", { item: "tea" }), 20);
  try {
    await reads(page, ".figure:has(h3:text-is('Published')) .number", /^\d\d/);
    await reads(page, ".figure:has(h3:text-is('Delivered')) .also", /KiB\/s out/);
    await reads(page, ".figure:has(h3:text-is('Publish to socket')) .also", /99 % are written out/);
    await reads(page, ".stream .meter .text", /of 64 MiB/);
    await page.waitForFunction(() => document.querySelectorAll(".figure .line").length >= 6);
  } finally {
    clearInterval(timer);
  }
  await reads(page, ".attention .calm", /All is well.*nobody behind/);
});

promise(
  "errors, gaps and sessions stand among the events as they happen",
  {},
  async ({ page, client, join }) => {
    await sees(page, ".calm");
    await assert.rejects(client.publish("a", "x", { expect: 7 }));
    await reads(page, ".events li", /Error conflict/);
    await reads(page, ".attention li", /1 error in the last \d+ s/);
    const other = join({ name: "visitor/1" });
    await other.ready;
    await reads(page, ".events li", /Session .* opened.*visitor\/1/);
    await other.close();
    await reads(page, ".events li", /Session .* closed.*by_peer/);
    await page.getByRole("button", { name: "Errors and gaps" }).click();
    assert.deepEqual(await texts(page, ".events strong"), ["Error conflict"]);
  },
);

promise("a chart tells its values to pointer and keyboard", {}, async ({ page }) => {
  const plot = page.locator(".figure .plot").first();
  await page.waitForFunction(
    () => (document.querySelector(".figure .line")?.getAttribute("d")?.length ?? 0) > 30,
  );
  const { x, y, width, height } = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(x + width - 12, y + height / 2);
  await reads(page, ".tip", /\d\d:\d\d:\d\d\s*connections\s*[12]/);
  await page.mouse.move(0, 0);
  await plot.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await reads(page, ".chart [role=status]", /^\d\d:\d\d:\d\d: connections [12]$/);
  assert.match(
    (await plot.getAttribute("aria-label")) ?? "",
    /^Chart of Connections, the last 1 min. Now: connections [12]/,
  );
});

promise(
  "a pattern is followed live, and a row opens with everything in it",
  { view: "#/live" },
  async ({ page, client }) => {
    await page.getByLabel("Pattern", { exact: true }).fill("orders.>");
    await page.getByRole("button", { name: "Follow" }).click();
    await reads(page, ".badge", /^Live$/);
    await client.publish("other.topic", "unheard");
    const headers = { trace: "t-1" };
    await client.publish("orders.eu", { item: "tea", big: [1, { deep: true }] }, { headers });
    await reads(page, ROWS, /orders\.eu\{"item":"tea"/);
    assert.equal(await page.locator(ROWS).count(), 1);
    await page.locator(`${ROWS} summary`).first().click();
    await reads(page, ".whole .facts", /recent #2.*json, \d+ B.*trace.*t-1/s);
    await reads(page, ".tree", /item: "tea".*big: \[ 2 elements/s);
    await reads(page, ".badge", /^Paused$/);
    await page.getByRole("button", { name: "Publish like this" }).click();
    assert.equal(await page.getByLabel("Topic", { exact: true }).inputValue(), "orders.eu");
    assert.match(await page.getByLabel("Payload", { exact: true }).inputValue(), /"deep":true/);
    assert.equal(new URL(page.url()).hash, "#/live/orders.%3E");
  },
);

promise(
  "a wrong pattern is told beside its field, and the one before goes on",
  { view: "#/live" },
  async ({ page, client }) => {
    await reads(page, ".badge", /^Live$/);
    await page.getByLabel("Pattern", { exact: true }).fill("a..b");
    await page.keyboard.press("Enter");
    await reads(page, ".tail .fault", /segment/);
    assert.equal(await page.getByLabel("Pattern", { exact: true }).getAttribute("aria-invalid"), "true");
    await client.publish("still", "heard");
    await reads(page, ROWS, /heard/);
  },
);

promise("what is retained can be read from the start", { view: "#/live" }, async ({ page, client }) => {
  for (const line of ["one", "two", "three"]) await client.publish("logs.git", line);
  await page.getByLabel("Pattern", { exact: true }).fill("logs.>");
  await page.getByLabel("Begin with").selectOption("start");
  await page.getByRole("button", { name: "Follow" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".rows > li:not(.note)").length === 3);
  assert.deepEqual(await texts(page, ".rows .data"), ["one", "two", "three"]);
});

promise(
  "a paused tail counts what comes, and says what it left out when it goes on",
  { view: "#/live" },
  async ({ page, client }) => {
    await reads(page, ".badge", /^Live$/);
    await client.publish("a", "before");
    await reads(page, ROWS, /before/);
    await page.getByRole("button", { name: "Pause" }).click();
    for (let n = 0; n < 450; n += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, at) => client.publish("a", `n${n + at}`)));
    }
    await reads(page, ".tally", /450 since the pause, 50 of them left out/);
    assert.equal(await page.locator(ROWS).count(), 1);
    await page.getByRole("button", { name: "Go on" }).click();
    await reads(page, ".note", /50 messages left out here/);
    await reads(page, ROWS, /n449/);
    const data = await texts(page, ".rows .data");
    assert.deepEqual([data.length, data[0], data[1]], [401, "before", "n50"]);
  },
);

promise(
  "a filter shows what has its words, counts the rest, and holds for what comes",
  { view: "#/live" },
  async ({ page, client }) => {
    await reads(page, ".badge", /^Live$/);
    for (const text of ["green tea", "coffee", "black tea"]) await client.publish("drinks", text);
    await reads(page, ROWS, /black tea/);
    await page.getByRole("searchbox").fill("tea -green");
    assert.deepEqual(await texts(page, ".rows .data"), ["black tea"]);
    await client.publish("drinks", "more coffee");
    await client.publish("drinks", "white tea");
    await reads(page, ROWS, /white tea/);
    assert.deepEqual(await texts(page, ".rows .data"), ["black tea", "white tea"]);
    await reads(page, ".tally", /1 kept out by the filter/);
  },
);

promise(
  "a flood leaves the page bounded and able to answer",
  { view: "#/live" },
  async ({ page, client }) => {
    await reads(page, ".badge", /^Live$/);
    for (let n = 0; n < 20_000; n += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, (_, at) => client.publish("flood", [n + at])));
    }
    await reads(page, ROWS, /\[19999\]/);
    assert.ok((await page.locator(".rows > li").count()) <= 500);
    await reads(page, ".tally", /^20,000 messages/);
    await page.getByRole("button", { name: "Clear" }).click();
    await reads(page, ".tally", /^0 messages/);
  },
);

promise("the box publishes, and tells what became of it", { view: "#/live" }, async ({ page, client }) => {
  const topic = page.getByLabel("Topic", { exact: true });
  const payload = page.getByLabel("Payload", { exact: true });
  await topic.fill("orders.box");
  await payload.fill('{"id": 12345678901234567890}');
  await payload.press("Control+Enter");
  await reads(page, ".publish .outcome", /Published as recent #1, acknowledged in/);
  const { messages } = await client.history("orders.box");
  assert.equal(messages[0]?.text(), '{"id":12345678901234567890}');
  await payload.fill("{broken");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await reads(page, ".publish .outcome", /no JSON/);
  await page.getByText("Text", { exact: true }).click();
  await page.getByText("Options").click();
  await page.getByLabel("Key", { exact: true }).fill("once");
  for (const outcome of [/Published as recent #2/, /A repeat: stands as recent #2 already/]) {
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await reads(page, ".publish .outcome", outcome);
  }
  await page.getByLabel("Key", { exact: true }).fill("");
  await page.getByLabel("Expect").fill("1");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await reads(page, ".publish .outcome", /2/);
  await topic.fill("$sys.mine");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await reads(page, ".publish .outcome", /broker's own|`\$`/);
});

promise("sessions sort by what people press, and say so", { view: "#/sessions" }, async ({ page, join }) => {
  for (const name of ["b/1", "a/1", "c/1"]) {
    const client = join({ name });
    await client.ready;
    if (name === "c/1") for (const pattern of ["x", "y.>"]) await client.subscribe(pattern).ready;
  }
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length >= 4);
  const head = page.getByRole("columnheader", { name: "Session" });
  await head.getByRole("button").click();
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  const names = async (): Promise<string[]> =>
    (await texts(page, "tbody strong")).filter((name) => name.endsWith("/1"));
  assert.deepEqual(await names(), ["a/1", "b/1", "c/1"]);
  await head.getByRole("button").click();
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  assert.deepEqual(await names(), ["c/1", "b/1", "a/1"]);
  await page.getByRole("searchbox").fill("c/1");
  assert.deepEqual(await texts(page, "tbody strong"), ["c/1"]);
  await page.locator("tbody summary").click();
  await reads(page, ".session-detail", /x.*y\.>/);
});

promise("closing a session asks first", { view: "#/sessions" }, async ({ page, join }) => {
  const client = join({ name: "victim/1" });
  await client.ready;
  const close = page.getByRole("button", { name: /^Close session victim\/1/ });
  await close.click();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(client.state.status, "connected");
  await close.click();
  await reads(page, "dialog[open]", /victim\/1.*4003/);
  await page.getByRole("button", { name: "Close session", exact: true }).click();
  const why = await client.closed;
  assert.equal(why.kind === "by_broker" && why.code, 4003);
  await page.waitForFunction(() => !document.querySelector("table")?.textContent.includes("victim/1"));
});

promise(
  "who is behind is named on the overview, and found among the sessions",
  { config: '[limits]\nqueue_bytes = "256KiB"\n' },
  async ({ page, broker, client }) => {
    const slow = await neverReads(broker, "load.>", "slow/1");
    try {
      const payload = "x".repeat(32_000);
      for (let n = 0; n < 800; n += 50) {
        await Promise.all(Array.from({ length: 50 }, () => client.publish("load.a", payload)));
      }
      await reads(page, ".attention li", /1 subscription is behind.*Fullest queue: slow\/1/);
      await page.getByRole("link", { name: /Look: 1 subscription/ }).click();
      await reads(page, "tbody tr[data-behind]", /slow\/1/);
      assert.equal(
        await page.getByRole("button", { name: "Only behind" }).getAttribute("aria-pressed"),
        "true",
      );
      assert.equal(await page.locator("tbody tr").count(), 1);
      await page.locator("tbody summary").click();
      await reads(page, ".session-detail", /load\.>behind/);
    } finally {
      slow.destroy();
    }
  },
);

promise(
  "streams show what they keep, and topics can be searched and followed",
  {
    view: "#/streams",
    config:
      '[[stream]]\nname = "orders"\npatterns = ["orders.>"]\nmax_age = "1h"\nmax_bytes = "1MiB"\nmax_messages_per_topic = 3\n',
  },
  async ({ page, client }) => {
    for (let n = 0; n < 5; n++) await client.publish("orders.eu", json({ n }));
    await client.publish("orders.us", "x");
    await reads(page, ".stream", /orders.*of 1 MiB.*of 1 h.*the newest 3 of each topic/s);
    await reads(page, "tbody", /orders\.eu.*orders\.us/s);
    assert.deepEqual(await texts(page, "tbody tr:first-child td.number"), ["0", "3", "#5"]);
    await page.getByRole("textbox", { name: "Only topics of this pattern" }).fill("orders.us");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
    await page.getByRole("link", { name: "Follow orders.us" }).click();
    assert.equal(await page.getByLabel("Pattern", { exact: true }).inputValue(), "orders.us");
  },
);

// The README: its first example works as pasted, with the WebSocket that Node has.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { transformSync } from "esbuild";

import { Broker } from "./support/broker.js";

const HOME = new URL("../", import.meta.url);

test("the first example publishes and hears itself", { timeout: 20_000 }, async (context) => {
  const broker = await Broker.start();
  context.after(() => broker[Symbol.asyncDispose]());
  const readme = readFileSync(new URL("README.md", HOME), "utf8");
  const example = /```ts\n([^]*?)```/.exec(readme)?.[1]?.replace("ws://127.0.0.1:7440", broker.url) ?? "";
  const { code } = transformSync(example, { loader: "ts", format: "esm" });
  // Node 20 has its WebSocket behind a flag; later ones know the flag.
  const flags = ["--experimental-websocket", "--input-type=module", "--eval", code];
  const child = spawn(process.execPath, flags, {
    cwd: fileURLToPath(HOME),
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill());
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  assert.equal(line, "orders.eu.42 3");
});

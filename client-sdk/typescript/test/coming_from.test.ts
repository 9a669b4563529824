// The pages of client-sdk/coming-from: each program and each command of ours prints what its page says.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

import { transformSync } from "esbuild";

import { BINARY, Broker } from "./support/broker.js";

const HOME = fileURLToPath(new URL("../", import.meta.url));
const PAGES = new URL("../../coming-from/", import.meta.url);
/** Node 20 has its WebSocket behind a flag; later ones know the flag. */
const FLAGS = ["--experimental-websocket", "--input-type=module", "--eval"];

interface Block {
  language: string;
  text: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(new URL(page, PAGES), "utf8");
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

/** What a block says that it prints. */
function promised({ text }: Block): string[] {
  return [...text.matchAll(/(?:\/\/|#) prints (.*)$/gm)].map(([, line = ""]) => line);
}

function run({ language, text }: Block, broker: Broker): ChildProcess {
  const here = text
    .replaceAll("ws://127.0.0.1:7440", broker.url)
    .replaceAll("http://127.0.0.1:7441", broker.internal.replace(/\/$/, ""));
  const stdio = ["ignore", "pipe", "inherit"] as const;
  if (language === "ts") {
    const { code } = transformSync(here, { loader: "ts", format: "esm" });
    return spawn(process.execPath, [...FLAGS, code], { cwd: HOME, stdio: [...stdio] });
  }
  const PATH = `${dirname(BINARY)}:${process.env["PATH"] ?? ""}`;
  const quiet = here.replaceAll("curl ", "curl --silent --fail ");
  return spawn("bash", ["-ec", quiet], { stdio: [...stdio], env: { ...process.env, PATH } });
}

/** Whether a program closes its clients at its end, and so ends by itself. */
function endsItself({ text }: Block): boolean {
  return /\.close\(\)[^\n]*;\n$/.test(text);
}

/** Runs a block until it has printed all that it promises, and has ended if it is one that ends. */
async function keeps(context: TestContext, block: Block, broker: Broker): Promise<void> {
  const child = run(block, broker);
  context.after(() => child.kill());
  assert.ok(child.stdout);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  for (const promise of promised(block)) {
    const line = await lines.next();
    assert.ok(line.done !== true, `it ends without ${promise}`);
    assert.ok(line.value.includes(promise), `it prints ${line.value} and not ${promise}`);
  }
  if (endsItself(block) && child.exitCode === null) assert.deepEqual(await once(child, "exit"), [0, null]);
}

for (const page of readdirSync(PAGES).filter((name) => name.endsWith(".md") && name !== "README.md")) {
  test(`what ${page} shows of ours runs as it says`, { timeout: 60_000 }, async (context) => {
    const blocks = blocksOf(page);
    const ours = blocks.filter(({ text }) => /^(\/\/|#) Fanfare\n/.test(text));
    assert.ok(ours.some(({ language }) => language === "ts"));
    const broker = await Broker.start(
      blocks
        .filter(({ language }) => language === "toml")
        .map(({ text }) => text)
        .join("\n"),
    );
    context.after(() => broker[Symbol.asyncDispose]());
    for (const block of ours) {
      assert.ok(promised(block).length > 0, `nothing is promised of ${block.text}`);
      await keeps(context, block, broker);
    }
  });
}

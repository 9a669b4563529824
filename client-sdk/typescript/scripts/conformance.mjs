// Writes which SDK passes which scripted session, from what their tests noted; `--check` only compares.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const repository = new URL("../../../", import.meta.url);
const scenarios = new URL("tests/vectors/scenarios/", repository);
const reports = new URL("target/reports/conformance/", repository);
const page = new URL("README.md", scenarios);
const BEGIN = "<!-- the table: written by client-sdk/typescript/scripts/conformance.mjs -->";

function read(url) {
  return JSON.parse(readFileSync(url, "utf8"));
}

function noted(file, kind) {
  const url = new URL(file, reports);
  if (!existsSync(url))
    throw new Error(`${fileURLToPath(url)} is not there: run the tests of both SDKs first`);
  const passed = read(url);
  return new Set(kind === undefined ? passed : passed[kind]);
}

function table(kind) {
  const [rust, typescript] = [noted(`rust-${kind}.json`), noted("typescript.json", kind)];
  const mark = (passed) => (passed ? "passes" : "–");
  const rows = read(new URL(`${kind}.json`, scenarios)).map(
    ({ name }) => `| ${name} | ${mark(rust.has(name))} | ${mark(typescript.has(name))} |`,
  );
  return [`| \`${kind}.json\` | Rust | TypeScript |`, "|---|---|---|", ...rows].join("\n");
}

const [text] = readFileSync(page, "utf8").split(BEGIN);
const wanted = `${text}${BEGIN}\n\n${table("session")}\n\n${table("reconnect")}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(page, wanted);
} else if (readFileSync(page, "utf8") !== wanted) {
  console.error("the table of conformance is not what the tests found: run node scripts/conformance.mjs");
  process.exitCode = 1;
}

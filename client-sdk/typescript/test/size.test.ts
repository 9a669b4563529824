// The single file for browsers is small, and needs nothing else.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const MAX_BYTES = 15_000;

test("the single file, minified and gzipped, with MessagePack, is at most 15 kB", () => {
  const file = readFileSync(new URL("../dist/fanfare-client.min.js", import.meta.url));
  const bytes = gzipSync(file, { level: 9 }).length;
  assert.ok(bytes <= MAX_BYTES, `${bytes} bytes`);
  assert.doesNotMatch(file.toString(), /\b(import|require)\b\s*[("']/, "it imports nothing");
});

test("the package has no run-time dependency", () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as object;
  assert.equal("dependencies" in manifest, false);
});

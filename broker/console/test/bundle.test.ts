// The files in dist are those that the sources give: the broker is built from dist, without Node.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { bundle } from "../scripts/build.mjs";

const DIST = new URL("../dist/", import.meta.url);
const SCRIPT_GZIPPED_MAX = 45_000;

test("what is checked in is what a build gives", async () => {
  const built = await bundle();
  const same = [...built].filter(([name, text]) => {
    const file = new URL(name, DIST);
    return existsSync(file) && readFileSync(file, "utf8") === text;
  });
  assert.deepEqual(
    [...built.keys()].filter((name) => !same.some(([other]) => other === name)),
    [],
    "these differ from the sources (the SDK's included): run npm run build in broker/console",
  );
  assert.deepEqual(readdirSync(DIST).sort(), [...built.keys()].sort());
});

test("the script is small", () => {
  const script = readFileSync(new URL("console.js", DIST));
  const gzipped = gzipSync(script, { level: 9 }).length;
  console.log(`console.js: ${script.length} bytes, ${gzipped} gzipped`);
  assert.ok(gzipped <= SCRIPT_GZIPPED_MAX, `${gzipped} bytes gzipped, not ${SCRIPT_GZIPPED_MAX}`);
});

// Runs the tests, all or those whose files are named; prints the size of the single file.

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const wanted = process.argv.slice(2);
const files = readdirSync("test", { recursive: true })
  .filter((file) => /\.test\.tsx?$/.test(file))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => `test/${file}`);
const bytes = readFileSync("dist/fanfare-client.min.js");
console.log(`single file: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`);
try {
  execFileSync(process.execPath, ["--import", "tsx", "--test", ...files], {
    stdio: "inherit",
    env: { ...process.env, TSX_TSCONFIG_PATH: "tsconfig.test.json" },
  });
} catch {
  process.exitCode = 1;
}

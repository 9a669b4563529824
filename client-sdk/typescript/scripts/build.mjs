// Builds the package: modules with their types, and a single file for browsers.

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

// Names inside the client that are neither on the wire nor in its interface: one letter will do in the single file.
const INTERNAL = [
  "announced ask asked atFirst backoff broken changed check complained deadAfter due fail failures",
  "finish greeting hasSome heads heard inFlight inbox incomplete isActive isAtBroker isConnected isFull",
  "isOpen isWanted isWelcome judge keysLast lasts later layout leave leaving left limits liveness",
  "nextOutput ofArray ofBytes ofJson ofObject ofText onWake opened outbox outputs pass pause",
  "pauseBefore phase place policy postpone pushLater received refused relief remove renew",
  "renewFailed renewsToken repeated replayed requests returnAt saidGoodbye settle shed sizeBytes",
  "subscriptions take takeFirst takeOverdue takePing takeStale tick ticket transport tryAt unpause",
  "unsentOf waitingBytes",
]
  .join(" ")
  .split(" ");

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
rmSync("dist", { recursive: true, force: true });
execFileSync("node_modules/.bin/tsc", ["--project", "tsconfig.json"], { stdio: "inherit" });
await build({
  entryPoints: ["src/index.ts"],
  outfile: "dist/fanfare-client.min.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
  legalComments: "none",
});

// Builds the package: modules with their types, and a single file for browsers.

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { minify } from "terser";

// Names inside the client that are neither on the wire nor in its interface: one letter will do in the single file. Where
// one is asked for with `in`, a comment says that it is a name.
const INTERNAL = [
  "announced ask asked atFirst backoff broken brokerNumbers changed complained cut deadAfter due fail failures",
  "finish grantedFor greeting hasSome heads heard hurry inFlight inbox inboxes incomplete isActive isAtBroker isConnected isFull",
  "isOpen isWanted isWelcome judge keysLast lastGranted lasts later layout leave leaving left limits liveness make",
  "nextOutput ofArray ofBytes ofJson ofObject ofText onWake opened outbox outputs pass pause",
  "pauseBefore phase place policy postpone pushLater received refused release relief remove renew",
  "renewFailed renewsToken repeated replayed requests returnAt saidGoodbye settle shed sizeBytes spareBytes",
  "subscriptions take takeFirst takeOverdue takePing takeStale tick ticket transport tryAt unpause",
  "unsentOf waitingBytes",
  "plain request Socket until",
  "array cancel connected drop event failed frame lost number sent timeout timer",
]
  .join(" ")
  .split(" ");

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
rmSync("dist", { recursive: true, force: true });
// A package carries its licences; they stand once in the repository.
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(`../../${licence}`, licence);
execFileSync("node_modules/.bin/tsc", ["--project", "tsconfig.json"], { stdio: "inherit" });
const { outputFiles } = await build({
  entryPoints: ["src/index.ts"],
  bundle: true,
  format: "esm",
  target: "es2022",
  mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
  legalComments: "none",
  minify: true,
  write: false,
});
// A second pass finds what the first leaves. Comparisons that all look alike are smaller when gzipped; no function here is
// ever called with `new`, so each may be an arrow.
const { code } = await minify(outputFiles[0].text, {
  module: true,
  ecma: 2022,
  compress: {
    passes: 3,
    sequences: false,
    if_return: false,
    comparisons: false,
    lhs_constants: false,
    inline: 1,
    unsafe_arrows: true,
  },
});
writeFileSync("dist/fanfare-client.min.js", code);

// Builds the console into dist, which is checked in: the broker's build takes it from there and needs no Node.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HOME = new URL("..", import.meta.url);

/** The files of dist by their names, as they would be built now. */
export async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(HOME),
    tsconfig: fileURLToPath(new URL("tsconfig.json", HOME)),
    entryPoints: { console: "src/main.ts", "console-style": "src/styles/main.css" },
    outdir: "dist",
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    // What all browsers have had since early 2024; `light-dark()` in the styles asks for it.
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    legalComments: "none",
    charset: "utf8",
  });
  const files = outputFiles.map(({ path, text }) => [path.split("/").at(-1), text]);
  files.push(["index.html", readFileSync(new URL("src/index.html", HOME), "utf8")]);
  return new Map(files.map(([name, text]) => [name.replace("console-style", "console"), text]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(new URL("dist/", HOME), { recursive: true });
  for (const [name, text] of await bundle()) writeFileSync(new URL(`dist/${name}`, HOME), text);
}

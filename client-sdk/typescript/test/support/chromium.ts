// A headless Chromium, and a site on loopback for its pages.

import { type RequestListener, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { type Browser, chromium } from "playwright-core";

/** Starts Chromium: the system's, or the one that `CHROMIUM` names. */
export function launch(...more: string[]): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...more] });
}

/** A site on a port of its own, and that port. */
export async function serve(answer: RequestListener): Promise<[Server, number]> {
  const site = createServer(answer);
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  return [site, (site.address() as AddressInfo).port];
}

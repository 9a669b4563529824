// Where the broker is: a URL, read with the forgiveness that people expect.

import { invalid } from "./error.js";

/** Reads `ws://host:port/path`; `http` means the same, a missing path is `/ws`, and a path alone is of this page. */
export function addressOf(url: string): string {
  try {
    const address = new URL(url, typeof location === "undefined" ? undefined : location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.hash = "";
    if (address.pathname === "/") address.pathname = "/ws";
    if (/^wss?:/.test(address.href)) return address.href;
  } catch {
    // It is told below.
  }
  throw invalid(`"${url}" is not the URL of a broker; write one such as ws://127.0.0.1:7440`);
}

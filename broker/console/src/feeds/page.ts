// What the broker tells this page when it serves it: where clients connect.

export interface PageFacts {
  /** Where clients connect: `ws://127.0.0.1:7440`. */
  readonly clients: string;
  /** Where this page and the HTTP API are: `http://127.0.0.1:7441`. */
  readonly internal: string;
  /** The broker's version. */
  readonly version: string;
}

/** Both ports are reached under one name: the one in the address bar. */
export function pageFacts(root: HTMLElement, place: Location): PageFacts {
  const { clientPort = "7440", clientTls = "false", version = "" } = root.dataset;
  const scheme = clientTls === "true" ? "wss" : "ws";
  return { clients: `${scheme}://${place.hostname}:${clientPort}`, internal: place.origin, version };
}

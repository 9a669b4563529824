// What a driver needs to know, from what a program says at `connect`.

import { addressOf } from "./address.js";
import { invalid } from "./error.js";
import { DEFAULT_LIMITS, type Limits } from "./limits.js";
import type { ConnectOptions } from "./options.js";
import type { Encoding } from "./protocol/encode.js";
import type { Policy } from "./reconnect.js";
import type { TokenSource } from "./token.js";
import type { SocketClass } from "./transport.js";

/** What a driver needs to know. */
export interface Plan {
  readonly url: string;
  readonly encoding: Encoding;
  readonly name: string | undefined;
  readonly token: TokenSource | undefined;
  readonly Socket: SocketClass;
  readonly policy: Policy;
  readonly limits: Limits;
}

/** Throws if the URL is no broker's, or there is no WebSocket. */
export function planOf(url: string, options: ConnectOptions): Plan {
  const limits = limitsOf(options);
  return {
    url: addressOf(url),
    encoding: options.encoding ?? "msgpack",
    name: options.name,
    token: options.token,
    Socket: socketOf(options.WebSocket),
    policy: {
      atFirst: options.retryConnect ?? true,
      later: options.reconnect ?? true,
      renewsToken: typeof options.token === "function",
      backoff: limits.reconnectPause,
      giveUpAfter: options.giveUpAfter,
    },
    limits,
  };
}

function socketOf(given: SocketClass | undefined): SocketClass {
  const found = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (found !== undefined) return found as SocketClass;
  throw invalid('no WebSocket here: import { WebSocket } from "ws", and connect(url, { WebSocket })');
}

/** The defaults, and what a program says instead. */
function limitsOf(options: ConnectOptions): Limits {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...(Object.fromEntries(given) as Partial<Limits>) };
}

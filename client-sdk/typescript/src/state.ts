// How a client is connected, for programs that want to know.

import type { Closed } from "./closed.js";
import type { FanfareError } from "./error.js";

/** How a client is connected. */
export type State =
  /** The first connection is under way. */
  | { readonly status: "connecting" }
  /** There is a connection; `session` is the name that the broker gave it, which stands in its logs. */
  | { readonly status: "connected"; readonly session: string }
  /** The connection has ended, or could not be had; another is tried for. Requests wait meanwhile. */
  | {
      readonly status: "reconnecting";
      /** Tries since a connection lasted, this one included. */
      readonly attempt: number;
      /** Why there is no connection. */
      readonly cause: FanfareError;
      /** The pause before this try, in milliseconds. */
      readonly pauseMs: number;
    }
  /** The session has ended. */
  | { readonly status: "closed"; readonly why: Closed };

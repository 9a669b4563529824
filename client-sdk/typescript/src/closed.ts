// Why a session or a subscription ended, and what to do then.

import {
  FORBIDDEN,
  NO_CODE,
  type Reconnect,
  TOKEN_EXPIRED,
  TOO_SLOW,
  UNAUTHENTICATED,
  reconnectAfter,
} from "./protocol/codes.js";

/** Why a connection or a session ended. */
export type Closed =
  /** This program closed it. */
  | { readonly kind: "by_client" }
  /** The broker closed it, with this code of the WebSocket close frame (1005 if there was none). */
  | { readonly kind: "by_broker"; readonly code: number; readonly reason: string }
  /** The connection broke. */
  | { readonly kind: "lost"; readonly detail: string }
  /** Nothing came from the broker for this long, so the connection counts as dead. */
  | { readonly kind: "silent"; readonly afterMs: number }
  /** The broker did not answer `hello` in time. */
  | { readonly kind: "no_welcome"; readonly afterMs: number }
  /** The broker sent what this client can't read. */
  | { readonly kind: "unreadable"; readonly detail: string }
  /** The broker, or a proxy before it, refused the handshake for good. */
  | { readonly kind: "refused"; readonly status: number }
  /** No connection could be had for so long that this client gave up. */
  | { readonly kind: "gave_up"; readonly afterMs: number; readonly last: string };

const NEXT_STEPS: Readonly<Record<number, string>> = {
  [UNAUTHENTICATED]: "connect with a new token",
  [TOKEN_EXPIRED]: "connect with a new token",
  [FORBIDDEN]: "ask the operator for the permission",
  [TOO_SLOW]: "read faster, or subscribe to less",
};

/** Whether and when it makes sense to connect again. */
export function reconnectOf(closed: Closed): Reconnect {
  switch (closed.kind) {
    case "by_client":
    case "unreadable":
    case "refused":
      return "never";
    case "by_broker":
      return reconnectAfter(closed.code);
    default:
      return "back_off";
  }
}

/** Why, without what to do next. */
export function reasonOf(closed: Closed): string {
  switch (closed.kind) {
    case "by_client":
      return "this client closed the session";
    case "by_broker":
      return byBroker(closed.code, closed.reason);
    case "lost":
      return `the connection broke: ${closed.detail}`;
    case "silent":
      return `nothing came from the broker for ${seconds(closed.afterMs)}`;
    case "no_welcome":
      return `no welcome came from the broker for ${seconds(closed.afterMs)}`;
    case "unreadable":
      return `the broker sent a frame that can't be read: ${closed.detail}`;
    case "refused":
      return `the connection was refused with HTTP ${closed.status}`;
    case "gave_up":
      return `no connection for ${seconds(closed.afterMs)}; at last: ${closed.last}`;
  }
}

/** Why, and what to do next. */
export function closedText(closed: Closed): string {
  // What happened last says what to do.
  return closed.kind === "gave_up" ? reasonOf(closed) : `${reasonOf(closed)}; ${nextStep(closed)}`;
}

/** A time for people. */
export const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

function byBroker(code: number, reason: string): string {
  if (code === NO_CODE) return "the broker closed the session without a reason";
  return `the broker closed the session with ${code}${reason && ": "}${reason}`;
}

function nextStep(closed: Closed): string {
  if (closed.kind === "refused") return "check address, token and permission";
  const step = closed.kind === "by_broker" ? NEXT_STEPS[closed.code] : undefined;
  if (step !== undefined) return step;
  const advice = reconnectOf(closed);
  if (advice === "never") return "nothing is sent any more";
  return `connect again${advice === "now" ? "" : " after a short pause"}`;
}

// Words and numbers that the wire fixes: error codes, close codes, and whether to come back.

/** Why the broker refused a request. Others may come with a later version. */
export type ErrorCode =
  | "invalid_frame"
  | "unknown_op"
  | "unauthenticated"
  | "forbidden"
  | "invalid_topic"
  | "too_large"
  | "rate_limited"
  | "limit_exceeded"
  | "conflict"
  | "not_found"
  | "unavailable"
  | "internal"
  | (string & {});

/** Why messages are missing. Others may come with a later version. */
export type GapReason = "expired" | "reset" | "dropped" | (string & {});

/** Whether and when it makes sense to connect again. */
export type Reconnect = "never" | "back_off" | "now";

/** Close code of a normal end. */
export const NORMAL = 1000;
/** What browsers give for a close frame without a code. */
export const NO_CODE = 1005;
/** What browsers give when there was no close frame. */
export const ABNORMAL = 1006;
export const PROTOCOL = 4000;
export const UNAUTHENTICATED = 4001;
export const TOKEN_EXPIRED = 4002;
export const FORBIDDEN = 4003;
export const TOO_LARGE = 4004;
export const TOO_SLOW = 4101;

/** What a close code says of connecting again: its hundreds say it. */
export function reconnectAfter(code: number): Reconnect {
  if (code === NORMAL || (code >= 4000 && code <= 4099)) return "never";
  return code >= 4200 && code <= 4299 ? "now" : "back_off";
}

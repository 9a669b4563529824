/** Why the broker refused a request. Others may come with a later version. */
export type ErrorCode = "invalid_frame" | "unknown_op" | "unauthenticated" | "forbidden" | "invalid_topic" | "too_large" | "rate_limited" | "limit_exceeded" | "conflict" | "not_found" | "unavailable" | "internal" | (string & {});
/** Why messages are missing. Others may come with a later version. */
export type GapReason = "expired" | "reset" | "dropped" | (string & {});
/** Whether and when it makes sense to connect again. */
export type Reconnect = "never" | "back_off" | "now";
/** Close code of a normal end. */
export declare const NORMAL = 1000;
/** What browsers give for a close frame without a code. */
export declare const NO_CODE = 1005;
/** What browsers give when there was no close frame. */
export declare const ABNORMAL = 1006;
export declare const PROTOCOL = 4000;
export declare const UNAUTHENTICATED = 4001;
export declare const TOKEN_EXPIRED = 4002;
export declare const FORBIDDEN = 4003;
export declare const TOO_LARGE = 4004;
export declare const TOO_SLOW = 4101;
/** What a close code says of connecting again: its hundreds say it. */
export declare function reconnectAfter(code: number): Reconnect;

import { type Reconnect } from "./protocol/codes.js";
/** Why a connection or a session ended. */
export type Closed = 
/** This program closed it. */
{
    readonly kind: "by_client";
}
/** The broker closed it, with this code of the WebSocket close frame (1005 if there was none). */
 | {
    readonly kind: "by_broker";
    readonly code: number;
    readonly reason: string;
}
/** The connection broke. */
 | {
    readonly kind: "lost";
    readonly detail: string;
}
/** Nothing came from the broker for this long, so the connection counts as dead. */
 | {
    readonly kind: "silent";
    readonly afterMs: number;
}
/** The broker did not answer `hello` in time. */
 | {
    readonly kind: "no_welcome";
    readonly afterMs: number;
}
/** The broker sent what this client can't read. */
 | {
    readonly kind: "unreadable";
    readonly detail: string;
}
/** The broker, or a proxy before it, refused the handshake for good. */
 | {
    readonly kind: "refused";
    readonly status: number;
}
/** No connection could be had for so long that this client gave up. */
 | {
    readonly kind: "gave_up";
    readonly afterMs: number;
    readonly last: string;
};
/** Whether and when it makes sense to connect again. */
export declare function reconnectOf(closed: Closed): Reconnect;
/** Why, without what to do next. */
export declare function reasonOf(closed: Closed): string;
/** Why, and what to do next. */
export declare function closedText(closed: Closed): string;
/** A time for people. */
export declare const seconds: (ms: number) => string;

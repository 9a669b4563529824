import type { Closed } from "../closed.js";
import type { Session } from "./machine.js";
/**
 * Ends the session in good order: what is under way gets its answer first, if it comes in time. While there is no
 * connection, the session ends at once.
 */
export declare function close<T>(session: Session<T>, now: number): void;
/** The broker sent a frame that can't be read. What was lost with it is unknown, so the session ends. */
export declare function unreadable<T>(session: Session<T>, now: number, detail: string): void;
/**
 * The connection has ended. A session that was to end has ended with it, for its own reason; any other waits for the
 * next connection, and keeps all that can go on there.
 */
export declare function disconnected<T>(session: Session<T>, why: Closed): void;
/** The session is over. */
export declare function end<T>(session: Session<T>, why: Closed): void;
/** Does what the time asks for. */
export declare function tick<T>(session: Session<T>, now: number): void;
/** When to call `tick` next, if nothing else happens before; never is infinite. */
export declare function dueOf<T>({ phase, liveness, refresh, requests, outbox }: Session<T>): number;
/** A closing session says goodbye once nothing is under way any more. */
export declare function sayGoodbyeWhenAnswered<T>(session: Session<T>): void;

import type { FanfareError } from "../error.js";
import type { ClientFrame } from "../protocol/frame.js";
import type { Session } from "./machine.js";
import type { Ask } from "./outbox.js";
/** The next frame to be sent on this connection. */
export declare function nextFrame<T>(session: Session<T>, now: number): ClientFrame | undefined;
/** Whether frames can be sent on this connection. */
export declare function canSend<T>(session: Session<T>): boolean;
/** Asks again, after the pause that the broker wants or one that grows with each failure. */
export declare function askLater<T>(session: Session<T>, now: number, again: Ask, failures: number, error: FanfareError): void;

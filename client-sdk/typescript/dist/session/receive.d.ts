import type { ServerFrame } from "../protocol/frame.js";
import type { Session } from "./machine.js";
/** Takes a frame from the broker. */
export declare function receive<T>(session: Session<T>, now: number, frame: ServerFrame): void;

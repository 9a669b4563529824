import { Payload } from "./protocol/payload.js";
/** Publishes a string as JSON and not as text: `fanfare.publish("greeting", json("hello"))`. */
export declare const json: (value: unknown) => unknown;
/** Text stays text, bytes stay bytes, and everything else is written as JSON. */
export declare function payloadOf(value: unknown): Payload;

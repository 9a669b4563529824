// What a program may publish, and the payload that it becomes.

import { invalid } from "./error.js";
import { Payload } from "./protocol/payload.js";

/** Publishes a string as JSON and not as text: `fanfare.publish("greeting", json("hello"))`. */
export const json = (value: unknown): unknown => Payload.ofText("json", jsonOf(value));

/** Text stays text, bytes stay bytes, and everything else is written as JSON. */
export function payloadOf(value: unknown): Payload {
  if (value instanceof Payload) return value;
  if (typeof value === "string") return Payload.ofText("text", value);
  if (value instanceof ArrayBuffer) return Payload.ofBytes("bytes", new Uint8Array(value.slice(0)));
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return Payload.ofBytes("bytes", bytes.slice());
  }
  return json(value) as Payload;
}

function jsonOf(value: unknown): string {
  let text: unknown;
  let cause: unknown = "publish null instead";
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (typeof text === "string") return text;
  throw invalid(`the value can't be written as JSON: ${String(cause)}`);
}

// Writes a client's frames, in either encoding.

import type { ClientFrame, From } from "./frame.js";
import type { Headers } from "./message.js";
import { type Value, pack } from "./packer.js";
import { KINDS, Payload, toBase64 } from "./payload.js";

/** How frames are written. */
export type Encoding = "msgpack" | "json";

/** The WebSocket subprotocol that stands for an encoding. */
export const subprotocol = (encoding: Encoding): string => `fanfare.v1.${encoding}`;

/** Writes a frame: a text in JSON, bytes in MessagePack. */
export function encode(encoding: Encoding, frame: ClientFrame): string | Uint8Array<ArrayBuffer> {
  return encoding === "json" ? toJson(frame) : toMsgpack(frame);
}

/** The fields of an op: required ones in order, then optional ones by key. */
const OPS: Readonly<
  Record<ClientFrame["op"], readonly [code: number, required: readonly string[], options: readonly string[]]>
> = {
  hello: [1, [], ["token", "name", "resume"]],
  subscribe: [2, ["sub", "pattern"], ["from", "deliver", "max_rate"]],
  unsubscribe: [3, ["sub"], []],
  publish: [4, ["id", "topic", "payload"], ["key", "expect", "echo", "headers"]],
  history: [5, ["id", "pattern", "from"], ["limit"]],
  presence: [6, ["id", "topic"], ["limit", "after"]],
  refresh: [7, ["id", "token"], []],
  ping: [8, [], []],
  pong: [9, [], []],
};

function toMsgpack(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const [code, required, options] = OPS[frame.op];
  const fields = frame as unknown as Record<string, unknown>;
  const elements = required.flatMap((name) => packed(name, fields[name]));
  const map = new Map<number, Value>();
  for (const [at, name] of options.entries())
    if (fields[name] !== undefined) map.set(at + 1, packed(name, fields[name])[0]);
  return pack([code, ...elements, map]);
}

/** What stands in MessagePack for a field: two elements for a payload, else one. */
function packed(name: string, value: unknown): Value[] {
  if (value instanceof Payload) return [KINDS.indexOf(value.kind), value.bytes()];
  if (name === "max_rate") return [Float64Array.of(value as number)];
  if (name === "headers") return [new Map(Object.entries(value as Headers))];
  return [name === "from" ? packedFrom(value as From) : (value as Value)];
}

function packedFrom(from: From): Value {
  if (typeof from === "string") return from;
  if ("time" in from) return new Map([[2, from.time]]);
  const [key, position] = "position" in from ? [1, from.position] : [3, from.last];
  const streams = Object.entries(position).map(([stream, { epoch, seq }]) => [stream, [epoch, seq]] as const);
  return new Map([[key, new Map(streams)]]);
}

function toJson(frame: ClientFrame): string {
  const [, required, options] = OPS[frame.op];
  const fields = frame as unknown as Record<string, unknown>;
  let json = `{"op":"${frame.op}"`;
  for (const name of [...required, ...options]) {
    const value = fields[name];
    if (name === "payload") json += payloadJson(value as Payload);
    else if (value !== undefined) json += `,"${name}":${JSON.stringify(value)}`;
  }
  return `${json}}`;
}

function payloadJson(payload: Payload): string {
  if (payload.kind === "json") return `,"data":${payload.text()}`;
  if (payload.kind === "text") return `,"text":${JSON.stringify(payload.text())}`;
  return `,"data_b64":"${toBase64(payload.bytes())}"`;
}

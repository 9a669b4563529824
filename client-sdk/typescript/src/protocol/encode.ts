// Writes a client's frames, in either encoding.

import type { ClientFrame, From } from "./frame.js";
import { Writer } from "./msgpack_writer.js";
import { KINDS, type Payload, toBase64 } from "./payload.js";
import type { Position } from "./position.js";

/** How frames are written. */
export type Encoding = "msgpack" | "json";

/** The WebSocket subprotocol that stands for an encoding. */
export const subprotocol = (encoding: Encoding): string => `fanfare.v1.${encoding}`;

/** Writes a frame: a text in JSON, bytes in MessagePack. */
export function encode(encoding: Encoding, frame: ClientFrame): string | Uint8Array<ArrayBuffer> {
  return encoding === "json" ? toJson(frame) : toMsgpack(frame);
}

/** How a value is written in MessagePack. */
type Write = (writer: Writer, value: never) => void;

const number: Write = (writer, value: number) => writer.integer(value);
const text: Write = (writer, value: string) => writer.text(value);
const float: Write = (writer, value: number) => writer.float(value);
const flag: Write = (writer, value: boolean) => writer.flag(value);
const from: Write = (writer, value: From) => {
  if (typeof value === "string") {
    writer.text(value);
    return;
  }
  writer.map(1);
  writer.integer("position" in value ? 1 : "time" in value ? 2 : 3);
  if ("time" in value) writer.integer(value.time);
  else position(writer, "position" in value ? value.position : value.last);
};
const headers: Write = (writer, value: Record<string, string>) => {
  const entries = Object.entries(value);
  writer.map(entries.length);
  for (const pair of entries) for (const part of pair) writer.text(part);
};
const payload: Write = (writer, value: Payload) => {
  writer.integer(KINDS.indexOf(value.kind));
  writer.bin(value.bytes());
};

/** The fields of an op: required ones in order, then optional ones by key. */
const OPS: Record<
  ClientFrame["op"],
  readonly [code: number, required: [string, Write][], options: [string, Write][]]
> = {
  hello: [
    1,
    [],
    [
      ["token", text],
      ["name", text],
    ],
  ],
  subscribe: [
    2,
    [
      ["sub", number],
      ["pattern", text],
    ],
    [
      ["from", from],
      ["deliver", text],
      ["max_rate", float],
    ],
  ],
  unsubscribe: [3, [["sub", number]], []],
  publish: [
    4,
    [
      ["id", number],
      ["topic", text],
      ["payload", payload],
    ],
    [
      ["key", text],
      ["expect", number],
      ["echo", flag],
      ["headers", headers],
    ],
  ],
  history: [
    5,
    [
      ["id", number],
      ["pattern", text],
      ["from", from],
    ],
    [["limit", number]],
  ],
  presence: [
    6,
    [
      ["id", number],
      ["topic", text],
    ],
    [],
  ],
  refresh: [
    7,
    [
      ["id", number],
      ["token", text],
    ],
    [],
  ],
  ping: [8, [], []],
  pong: [9, [], []],
};

function toMsgpack(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  const [code, required, options] = OPS[frame.op];
  const fields = frame as unknown as Record<string, unknown>;
  const writer = new Writer();
  writer.array(required.length + 2 + +("payload" in frame));
  writer.integer(code);
  for (const [name, write] of required) {
    // Only `id` may be left out: the message is not acknowledged then.
    if (fields[name] === undefined) writer.nil();
    else write(writer, fields[name] as never);
  }
  const given = [...options.entries()].filter(([, [name]]) => fields[name] !== undefined);
  writer.map(given.length);
  for (const [at, [name, write]] of given) {
    writer.integer(at + 1);
    write(writer, fields[name] as never);
  }
  return writer.finish();
}

function position(writer: Writer, value: Position): void {
  const streams = Object.entries(value);
  writer.map(streams.length);
  for (const [stream, { epoch, seq }] of streams) {
    writer.text(stream);
    writer.array(2);
    writer.text(epoch);
    writer.integer(seq);
  }
}

function toJson(frame: ClientFrame): string {
  const [, required, options] = OPS[frame.op];
  const fields = frame as unknown as Record<string, unknown>;
  let json = `{"op":"${frame.op}"`;
  for (const [name] of [...required, ...options]) {
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

// Writes a client's frames, in either encoding.

import type { ClientFrame, From } from "./frame.js";
import { Packer } from "./packer.js";
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
type Write = (packer: Packer, value: never) => void;

const number: Write = (packer, value: number) => packer.integer(value);
const text: Write = (packer, value: string) => packer.text(value);
const float: Write = (packer, value: number) => packer.float(value);
const flag: Write = (packer, value: boolean) => packer.flag(value);
const from: Write = (packer, value: From) => {
  if (typeof value === "string") {
    packer.text(value);
    return;
  }
  packer.map(1);
  packer.integer("position" in value ? 1 : "time" in value ? 2 : 3);
  if ("time" in value) packer.integer(value.time);
  else position(packer, "position" in value ? value.position : value.last);
};
const headers: Write = (packer, value: Record<string, string>) => {
  const entries = Object.entries(value);
  packer.map(entries.length);
  for (const pair of entries) for (const part of pair) packer.text(part);
};
const payload: Write = (packer, value: Payload) => {
  packer.integer(KINDS.indexOf(value.kind));
  packer.bin(value.bytes());
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
      ["resume", text],
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
    [
      ["limit", number],
      ["after", number],
    ],
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
  const packer = new Packer();
  packer.array(required.length + 2 + +("payload" in frame));
  packer.integer(code);
  for (const [name, write] of required) {
    // Only `id` may be left out: the message is not acknowledged then.
    if (fields[name] === undefined) packer.nil();
    else write(packer, fields[name] as never);
  }
  const given = [...options.entries()].filter(([, [name]]) => fields[name] !== undefined);
  packer.map(given.length);
  for (const [at, [name, write]] of given) {
    packer.integer(at + 1);
    write(packer, fields[name] as never);
  }
  return packer.finish();
}

function position(packer: Packer, value: Position): void {
  const streams = Object.entries(value);
  packer.map(streams.length);
  for (const [stream, { epoch, seq }] of streams) {
    packer.text(stream);
    packer.array(2);
    packer.text(epoch);
    packer.integer(seq);
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

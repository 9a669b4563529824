// The kinds of values in the broker's frames. Each takes what either encoding gives for it.

import { jsonText } from "./json_text.js";
import { MAX_POSITION_STREAMS } from "./limits.js";
import type { Headers } from "./message.js";
import { KINDS, Payload, fromBase64 } from "./payload.js";
import { type Position, type StreamPosition, record } from "./position.js";
import { PackedMap, Unreadable } from "./unpack.js";

/** Where an object stands: the frame's text if it is JSON, and the way there. */
export interface Place {
  readonly text: string;
  readonly path: readonly (string | number)[];
}

/** Checks a value, and gives it as the client wants it; `what` names the field for errors. */
export type Kind<T> = (value: unknown, what: string, place: Place) => T;

export function wrong(what: string, must: string): never {
  throw new Unreadable(`\`${what}\` must be ${must}`);
}

/** A whole number within bounds. */
function integer(least: number, most: number): Kind<number> {
  return (value, what) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most
      ? value
      : wrong(what, `a number from ${least} to ${most}`);
}

export const NUMBER = /* @__PURE__ */ integer(0, Number.MAX_SAFE_INTEGER);
export const SEQ = /* @__PURE__ */ integer(1, Number.MAX_SAFE_INTEGER);
export const SUB = /* @__PURE__ */ integer(0, 0xffff_ffff);

export const TEXT: Kind<string> = (value, what) =>
  typeof value === "string" ? value : wrong(what, "a string");

export const FLAG: Kind<boolean> = (value, what) =>
  typeof value === "boolean" ? value : wrong(what, "true or false");

/** Any JSON value; in MessagePack its text as bytes. */
export const JSON_VALUE: Kind<unknown> = (value, what) => {
  if (!(value instanceof Uint8Array)) return value;
  try {
    return Payload.ofBytes("json", value).json();
  } catch {
    return wrong(what, "JSON");
  }
};

export const POSITION: Kind<Position> = (value, what, place) => {
  const position = record<StreamPosition>();
  const streams = entriesOf(value, what);
  if (streams.length > MAX_POSITION_STREAMS) wrong(what, `of at most ${MAX_POSITION_STREAMS} streams`);
  for (const [stream, here] of streams) {
    const name = TEXT(stream, what, place);
    if (name in position) wrong(what, "of each stream once");
    const [epoch, seq] = Array.isArray(here) && here.length === 2 ? (here as unknown[]) : partsOf(here, what);
    position[name] = { epoch: TEXT(epoch, what, place), seq: NUMBER(seq, what, place) };
  }
  return position;
};

export const HEADERS: Kind<Headers> = (value, what, place) => {
  const headers = record<string>();
  for (const [name, text] of entriesOf(value, what))
    headers[TEXT(name, what, place)] = TEXT(text, what, place);
  return headers;
};

/** A payload from its number and its bytes, which may be given as a string unless they are just bytes. */
export function packedPayload(number: unknown, given: unknown): Payload {
  const kind = KINDS[number as number] ?? wrong("payload", "of kind 0, 1 or 2");
  if (given instanceof Uint8Array) return Payload.ofBytes(kind, given);
  if (kind === "bytes" || typeof given !== "string") wrong("payload", "bytes");
  return Payload.ofText(kind, given);
}

/** A payload from the three fields that may hold it in JSON. `null` is a value for `data` alone. */
export function jsonPayload({ data, text, data_b64 }: Record<string, unknown>, place: Place): Payload {
  if (+(data !== undefined) + +(text != null) + +(data_b64 != null) !== 1) {
    wrong("payload", "one of `data`, `text` and `data_b64`");
  }
  if (data !== undefined)
    return Payload.ofJson(data, 2 * place.text.length, () => jsonText(place.text, [...place.path, "data"]));
  if (text != null) return Payload.ofText("text", TEXT(text, "text", place));
  try {
    return Payload.ofBytes("bytes", fromBase64(TEXT(data_b64, "data_b64", place)));
  } catch {
    return wrong("data_b64", "base64");
  }
}

/** A list of values of one kind. */
export function list<T>(kind: Kind<T>): Kind<T[]> {
  return (value, what, { text, path }) =>
    Array.isArray(value)
      ? value.map((item, at) => kind(item, what, { text, path: [...path, what, at] }))
      : wrong(what, "an array");
}

/** The entries of a map or an object. */
export function entriesOf(value: unknown, what: string): [unknown, unknown][] {
  return value instanceof PackedMap ? value.entries : Object.entries(object(value, what));
}

export function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(what, "an object");
  return value as Record<string, unknown>;
}

function partsOf(value: unknown, what: string): [unknown, unknown] {
  const { epoch, seq } = object(value, what);
  return [epoch, seq];
}

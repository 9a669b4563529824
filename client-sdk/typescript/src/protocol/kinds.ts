// The kinds of values in the broker's frames: how each is read from either encoding.

import { jsonText } from "./json_text.js";
import { MAX_POSITION_STREAMS } from "./limits.js";
import type { Headers } from "./message.js";
import { type Reader, Unreadable } from "./msgpack_reader.js";
import { KINDS, Payload, fromBase64 } from "./payload.js";
import { type Position, type StreamPosition, record } from "./position.js";

/** Where a JSON object stands: the frame's text, and the way there. */
export interface Place {
  readonly text: string;
  readonly path: readonly (string | number)[];
}

/** A kind of value; `what` names the field for errors. */
export interface Kind<T> {
  /** Reads it from a field of the JSON object at `place`. */
  json(value: unknown, what: string, place: Place): T;
  read(reader: Reader, what: string): T;
  /** Whether it is spread over its object in JSON: then it is given the object. */
  readonly spread?: true;
}

export function wrong(what: string, must: string): never {
  throw new Unreadable(`\`${what}\` must be ${must}`);
}

/** A whole number within bounds. */
function integer(least: number, most: number): Kind<number> {
  const check = (value: unknown, what: string): number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most
      ? value
      : wrong(what, `a whole number from ${least} to ${most}`);
  return { json: check, read: (reader, what) => check(reader.integer(), what) };
}

export const NUMBER = /* @__PURE__ */ integer(0, Number.MAX_SAFE_INTEGER);
export const SEQ = /* @__PURE__ */ integer(1, Number.MAX_SAFE_INTEGER);
export const SUB = /* @__PURE__ */ integer(0, 0xffff_ffff);

export const TEXT: Kind<string> = {
  json: (value, what) => (typeof value === "string" ? value : wrong(what, "a string")),
  read: (reader, what) => reader.text(what),
};

export const FLAG: Kind<boolean> = {
  json: (value, what) => (typeof value === "boolean" ? value : wrong(what, "true or false")),
  read: (reader, what) => reader.flag(what),
};

/** Any JSON value. */
export const JSON_VALUE: Kind<unknown> = {
  json: (value) => value,
  read(reader, what) {
    const payload = Payload.ofBytes("json", reader.bin(what, true));
    try {
      return payload.json();
    } catch {
      return wrong(what, "JSON");
    }
  },
};

export const POSITION: Kind<Position> = {
  json(value, what, place) {
    const position = record<StreamPosition>();
    const streams = Object.entries(object(value, what));
    checkStreams(streams.length, what);
    for (const [stream, here] of streams) {
      const { epoch, seq } = object(here, what);
      position[stream] = { epoch: TEXT.json(epoch, what, place), seq: NUMBER.json(seq, what, place) };
    }
    return position;
  },
  read(reader, what) {
    const position = record<StreamPosition>();
    let left = reader.map(what);
    checkStreams(left, what);
    for (; left > 0; left--) {
      const stream = reader.text(what);
      if (stream in position || reader.array(what) !== 2)
        wrong(what, "epoch and sequence of each stream once");
      position[stream] = { epoch: reader.text(what), seq: NUMBER.read(reader, what) };
    }
    return position;
  },
};

export const HEADERS: Kind<Headers> = {
  json(value, what, place) {
    const headers = record<string>();
    for (const [name, text] of Object.entries(object(value, what)))
      headers[name] = TEXT.json(text, what, place);
    return headers;
  },
  read(reader, what) {
    const headers = record<string>();
    for (let left = reader.map(what); left > 0; left--) headers[reader.text(what)] = reader.text(what);
    return headers;
  },
};

/** In JSON one of three fields, in MessagePack its number and its bytes. */
export const PAYLOAD: Kind<Payload> = {
  spread: true,
  json(value, what, place) {
    // `null` is a value for `data` alone.
    const { data, text, data_b64 } = value as Record<string, unknown>;
    if (+(data !== undefined) + +(text != null) + +(data_b64 != null) !== 1) {
      wrong(what, "one of `data`, `text` and `data_b64`");
    }
    if (data !== undefined) return Payload.ofJson(data, () => jsonText(place.text, [...place.path, "data"]));
    if (text != null) return Payload.ofText("text", TEXT.json(text, "text", place));
    try {
      return Payload.ofBytes("bytes", fromBase64(TEXT.json(data_b64, "data_b64", place)));
    } catch {
      return wrong("data_b64", "base64");
    }
  },
  read(reader, what) {
    const kind = KINDS[reader.integer() ?? KINDS.length] ?? wrong(what, "of kind 0, 1 or 2");
    return Payload.ofBytes(kind, reader.bin(what, kind !== "bytes"));
  },
};

/** A list of values of one kind. */
export function list<T>(kind: Kind<T>): Kind<T[]> {
  return {
    json: (value, what, { text, path }) =>
      Array.isArray(value)
        ? value.map((item, at) => kind.json(item, what, { text, path: [...path, what, at] }))
        : wrong(what, "an array"),
    read(reader, what) {
      // What is claimed is not allocated: a list grows as it is read.
      const items: T[] = [];
      for (let left = reader.array(what); left > 0; left--) items.push(kind.read(reader, what));
      return items;
    },
  };
}

export function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(what, "an object");
  return value as Record<string, unknown>;
}

function checkStreams(streams: number, what: string): void {
  if (streams > MAX_POSITION_STREAMS) wrong(what, `of at most ${MAX_POSITION_STREAMS} streams`);
}

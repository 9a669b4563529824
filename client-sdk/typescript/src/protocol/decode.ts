// Reads the broker's frames, in either encoding.

import type { Gap, Member, ServerFrame } from "./frame.js";
import { FLAG, HEADERS, JSON_VALUE, NUMBER, POSITION, SEQ, SUB, TEXT, list, object } from "./kinds.js";
import { Message } from "./message.js";
import type { Payload } from "./payload.js";
import { Layout, PAYLOAD, recordOf } from "./records.js";
import { Unreadable, unpack } from "./unpack.js";

const MESSAGE = { topic: TEXT, payload: PAYLOAD, time: NUMBER };
const MESSAGE_OPTIONS = { stream: TEXT, seq: SEQ, prev: NUMBER, by: TEXT, headers: HEADERS };
const MESSAGE_TOGETHER = ["stream", "seq"];
const GAP_OPTIONS = { stream: TEXT, from: NUMBER, to: NUMBER, count: NUMBER, position: POSITION };

const message = (found: Record<string, unknown>): Message => {
  const { topic, payload, time } = found as { topic: string; payload: Payload; time: number };
  return new Message(topic, payload, time, found);
};

const MESSAGES = /* @__PURE__ */ list(
  /* @__PURE__ */ recordOf(/* @__PURE__ */ new Layout(MESSAGE, MESSAGE_OPTIONS, MESSAGE_TOGETHER), message),
);
const GAPS = /* @__PURE__ */ list(
  /* @__PURE__ */ recordOf(
    /* @__PURE__ */ new Layout({ reason: TEXT }, GAP_OPTIONS),
    (gap) => gap as unknown as Gap,
  ),
);
const MEMBERS = /* @__PURE__ */ list(
  /* @__PURE__ */ recordOf(
    /* @__PURE__ */ new Layout({ session: TEXT }, { subject: TEXT, info: JSON_VALUE }),
    (member) => member as unknown as Member,
  ),
);

/** An op of the broker: its name, its code, and its fields. */
interface Op {
  readonly name: string;
  readonly code: number;
  readonly layout: Layout;
}

const op = (name: string, code: number, ...fields: ConstructorParameters<typeof Layout>): Op => ({
  name,
  code,
  layout: new Layout(...fields),
});

const OPS: readonly Op[] = /* @__PURE__ */ (() => [
  op("message", 19, { sub: SUB, ...MESSAGE }, MESSAGE_OPTIONS, MESSAGE_TOGETHER),
  op("ping", 8, {}, { position: POSITION, except: list(SUB) }),
  op("pong", 9, {}),
  op(
    "welcome",
    17,
    { session: TEXT, heartbeat_ms: NUMBER, max_payload_bytes: NUMBER },
    { expires_in_ms: NUMBER, key_window_ms: NUMBER, resume: TEXT },
  ),
  op(
    "subscribed",
    18,
    { sub: SUB, position: POSITION, live: FLAG },
    { pattern: TEXT, recovered: FLAG, ephemeral: FLAG },
  ),
  op("gap", 20, { sub: SUB, reason: TEXT }, GAP_OPTIONS),
  op("behind", 21, { sub: SUB }),
  op("live", 22, { sub: SUB, position: POSITION }),
  op("unsubscribed", 23, { sub: SUB }, { code: TEXT }),
  op("published", 24, { id: NUMBER }, { stream: TEXT, epoch: TEXT, seq: SEQ, duplicate: FLAG }, [
    "stream",
    "epoch",
    "seq",
  ]),
  op("ok", 25, { id: NUMBER }, { expires_in_ms: NUMBER }),
  op("history", 26, { id: NUMBER, messages: MESSAGES, position: POSITION, more: FLAG }, { gaps: GAPS }),
  op("presence", 27, { id: NUMBER, members: MEMBERS }, { count: NUMBER, next: NUMBER }),
  op(
    "error",
    28,
    { code: TEXT, message: TEXT },
    { id: NUMBER, sub: SUB, retry_after_ms: NUMBER, seq: NUMBER },
  ),
  op("goaway", 29, { reason: TEXT, reconnect_after_ms: NUMBER }),
])();

/**
 * Reads a frame; none is an op of a later version, to be ignored. A text is JSON, bytes are MessagePack.
 *
 * Throws `Unreadable`.
 */
export function decode(frame: string | Uint8Array): ServerFrame | undefined {
  return typeof frame === "string" ? fromJson(frame) : fromMsgpack(frame);
}

function fromJson(text: string): ServerFrame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unreadable("the frame is not JSON");
  }
  const fields = object(value, "the frame");
  const place = { text, path: [] };
  const name = TEXT(fields["op"], "op", place);
  const found = OPS.find((known) => known.name === name);
  return found && framed(name, found.layout.ofObject(fields, place));
}

function fromMsgpack(bytes: Uint8Array): ServerFrame | undefined {
  const items = unpack(bytes);
  if (!Array.isArray(items)) throw new Unreadable("the frame must be an array");
  const found = OPS.find(({ code }) => code === items[0]);
  return found && framed(found.name, found.layout.ofArray(items, 1, found.name, { text: "", path: [] }));
}

function framed(name: string, found: Record<string, unknown>): ServerFrame {
  if (name === "message") return { op: "message", sub: found["sub"] as number, message: message(found) };
  if (name === "gap") {
    const { sub, ...gap } = found;
    return { op: "gap", sub: sub as number, gap: gap as unknown as Gap };
  }
  found["op"] = name;
  return found as unknown as ServerFrame;
}

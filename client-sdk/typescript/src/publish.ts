// A message that a program publishes, checked before anything is sent.

import { invalid } from "./error.js";
import { checkTopic } from "./names.js";
import type { PublishOptions } from "./options.js";
import type { Publish } from "./protocol/frame.js";
import { MAX_KEY_BYTES } from "./protocol/limits.js";
import { utf8Length } from "./protocol/names.js";
import { payloadOf } from "./value.js";

/** The frame of a message. Throws where the broker would answer `too_large`, or even end the session. */
export function publishOf(
  topic: string,
  value: unknown,
  { key, expect, echo, headers }: PublishOptions,
  nextKey: () => string,
  mostBytes = Infinity,
): Publish {
  checkTopic(topic);
  const payload = payloadOf(value);
  const said = key === true ? nextKey() : key;
  if (utf8Length(said ?? "") > MAX_KEY_BYTES) throw invalid(`the key has more than ${MAX_KEY_BYTES} bytes`);
  const bytes = payload.bytes().length;
  if (bytes > mostBytes) {
    throw invalid(`the payload has ${bytes} bytes; this broker takes at most ${mostBytes}`);
  }
  // What is so anyway is not said.
  return {
    op: "publish",
    topic,
    payload,
    key: said,
    expect,
    echo: echo === false ? echo : undefined,
    headers,
  };
}

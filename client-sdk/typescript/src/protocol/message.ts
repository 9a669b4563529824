// A message, as a subscriber or a history sees it.

import type { Gap } from "./frame.js";
import type { Payload, PayloadKind } from "./payload.js";

/** Short facts beside a payload, by name. */
export type Headers = Readonly<Record<string, string>>;

/** What a message says of itself beside topic and payload. */
export interface Facts {
  stream?: string;
  seq?: number;
  prev?: number;
  by?: string;
  headers?: Headers;
}

const NO_GAPS: readonly Gap[] = [];

/** A message that was published; `T` is the type that its JSON is expected to have. */
export class Message<T = unknown> {
  /** Where it was published. */
  readonly topic: string;
  /** When the broker took it, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Its stream; none for an ephemeral message. */
  readonly stream: string | undefined;
  /** Its number in its stream, from 1; none for an ephemeral message. */
  readonly seq: number | undefined;
  /** The number of the message before it on the same topic, where known. */
  readonly prev: number | undefined;
  /** Who published it, where the stream says so. */
  readonly by: string | undefined;
  /** Short facts beside the payload. */
  readonly headers: Headers | undefined;
  /** What is missing right before this message; mostly nothing. */
  gaps: readonly Gap[] = NO_GAPS;
  readonly #payload: Payload;

  /** @internal */
  constructor(topic: string, payload: Payload, timeMs: number, facts: Facts) {
    this.topic = topic;
    this.timeMs = timeMs;
    this.stream = facts.stream;
    this.seq = facts.seq;
    this.prev = facts.prev;
    this.by = facts.by;
    this.headers = facts.headers;
    this.#payload = payload;
  }

  /** When the broker took it. */
  get time(): Date {
    return new Date(this.timeMs);
  }

  /** The payload's kind, as its publisher chose it. */
  get kind(): PayloadKind {
    return this.#payload.kind;
  }

  /** The payload read as JSON, once. Throws a `SyntaxError` if it is none. The type is yours to vouch for. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a cast that reads well
  json<U = T>(): U {
    return this.#payload.json() as U;
  }

  /** The payload as text: a JSON payload verbatim; bytes are read as UTF-8. */
  text(): string {
    return this.#payload.text();
  }

  /** The payload's bytes, whatever its kind. Not a copy: leave them as they are. */
  bytes(): Uint8Array {
    return this.#payload.bytes();
  }

  /** What it counts for in a buffer, in bytes. @internal */
  sizeBytes(): number {
    return this.topic.length + this.#payload.size;
  }
}

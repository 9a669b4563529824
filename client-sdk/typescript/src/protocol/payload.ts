// Payloads: what was published, of the kind that its publisher chose.

import { UTF8 } from "./utf8.js";

const FROM_UTF8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** The kind of a payload, as its publisher chose it. */
export type PayloadKind = "json" | "text" | "bytes";

/** The kinds in the order of their numbers on the wire. */
export const KINDS: readonly PayloadKind[] = ["json", "text", "bytes"];

/** A payload. It is read, and copied, only as far as somebody asks. */
export class Payload {
  readonly kind: PayloadKind;
  #text: string | (() => string) | undefined;
  #bytes: Uint8Array | undefined;
  #value: { of: unknown } | undefined;
  /** How much memory it takes, more or less, in bytes. */
  readonly size: number;

  private constructor(
    kind: PayloadKind,
    size: number,
    text?: string | (() => string),
    bytes?: Uint8Array,
    value?: { of: unknown },
  ) {
    this.kind = kind;
    this.size = size;
    this.#text = text;
    this.#bytes = bytes;
    this.#value = value;
  }

  /** Of text, or of a JSON text. */
  static ofText(kind: "json" | "text", text: string): Payload {
    return new Payload(kind, 2 * text.length, text);
  }

  /** Of the bytes that stand on the wire: those of a JSON text or a text are UTF-8. */
  static ofBytes(kind: PayloadKind, bytes: Uint8Array): Payload {
    return new Payload(kind, bytes.length, undefined, bytes);
  }

  /** Of a JSON value that was read already, out of a frame of this size, and of the way to its text. */
  static ofJson(value: unknown, size: number, text: () => string): Payload {
    return new Payload("json", size, text, undefined, { of: value });
  }

  /** The text; bytes are read as UTF-8. */
  text(): string {
    const text =
      typeof this.#text === "function" ? this.#text() : (this.#text ?? FROM_UTF8.decode(this.#bytes));
    this.#text = text;
    return text;
  }

  /** The bytes, whatever the kind. */
  bytes(): Uint8Array {
    return (this.#bytes ??= UTF8.encode(this.text()));
  }

  /** The text read as JSON. */
  json(): unknown {
    return (this.#value ??= { of: JSON.parse(this.text()) as unknown }).of;
  }
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Base64, with or without its padding, as bytes. Throws if it is none. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

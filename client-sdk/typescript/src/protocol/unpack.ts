// Reads any MessagePack into plain values. What is claimed is never allocated: arrays grow as they are read.

const FROM_UTF8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Below this length, reading ASCII by hand is faster than asking the platform. */
const SHORT = 40;
/** Stands for what no field of ours may be: floats, extensions. */
const OTHER = /* @__PURE__ */ Symbol("other");

/** What can't be read; the text names the place. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** A map, with its keys in order and as often as they stand there. */
export class PackedMap {
  readonly entries: [key: unknown, value: unknown][] = [];
}

/** What is read, and how far. One frame is read at a time, so they need not be made anew with each. */
let bytes: Uint8Array = new Uint8Array();
let at = 0;

/** The one value that the bytes hold. Integers over 2^53-1 are infinite, nil is undefined. */
export function unpack(frame: Uint8Array): unknown {
  [bytes, at] = [frame, 0];
  const found = value();
  if (at < bytes.length) throw new Unreadable("bytes follow the frame");
  return found;
}

function value(): unknown {
  const tag = uint(1);
  if (tag < 0x80) return tag;
  if (tag < 0x90) return map(tag & 15);
  if (tag < 0xa0) return array(tag & 15);
  if (tag < 0xc0) return text(take(tag & 31));
  return tag < 0xe0 ? long(tag) : tag - 0x100;
}

/** How a value goes on after a tag from 0xc0 on that is no small negative integer. */
function long(tag: number): unknown {
  const power = (first: number): number => 1 << (tag - first);
  if (tag === 0xc0) return undefined;
  if (tag < 0xc4) return tag === 0xc1 ? OTHER : tag === 0xc3;
  if (tag < 0xc7) return take(uint(power(0xc4)));
  if (tag < 0xca) return other(uint(power(0xc7)) + 1);
  if (tag < 0xcc) return other(4 * power(0xca));
  if (tag < 0xd0) return whole(uint(power(0xcc)));
  if (tag < 0xd4) return signed(uint(power(0xd0)), 8 * power(0xd0));
  if (tag < 0xd9) return other(1 + power(0xd4));
  if (tag < 0xdc) return text(take(uint(power(0xd9))));
  return tag < 0xde ? array(uint(2 * power(0xdc))) : map(uint(2 * power(0xde)));
}

function skip(length: number): void {
  at += length;
  if (at > bytes.length) throw new Unreadable("the frame ends too early");
}

function take(length: number): Uint8Array {
  skip(length);
  return bytes.subarray(at - length, at);
}

function uint(length: number): number {
  skip(length);
  let number = 0;
  for (let from = at - length; from < at; from++) number = number * 256 + (bytes[from] ?? 0);
  return number;
}

function array(length: number): unknown[] {
  const items = [];
  for (let left = length; left > 0; left--) items.push(value());
  return items;
}

function map(length: number): PackedMap {
  const map = new PackedMap();
  for (let left = length; left > 0; left--) map.entries.push([value(), value()]);
  return map;
}

function other(length: number): symbol {
  skip(length);
  return OTHER;
}

function whole(number: number): number {
  return number > Number.MAX_SAFE_INTEGER ? Infinity : number;
}

function signed(number: number, bits: number): number {
  return number < 2 ** (bits - 1) ? whole(number) : -1;
}

function text(bytes: Uint8Array): string {
  let ascii = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80 || at >= SHORT) return utf8(bytes);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

function utf8(bytes: Uint8Array): string {
  try {
    return FROM_UTF8.decode(bytes);
  } catch {
    throw new Unreadable("a string is not UTF-8");
  }
}

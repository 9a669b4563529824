// Writes values of MessagePack, each in its shortest form.

import { UTF8 } from "./utf8.js";

/** What can be written. Nothing is nil; numbers are whole ones from 0 to 2^53-1, and one in an array of its own is a float. */
export type Value =
  | undefined
  | boolean
  | number
  | string
  | Uint8Array
  | Float64Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

/** The bytes of a value. */
export function pack(value: Value): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(256);
  let at = 0;
  const append = (more: ArrayLike<number>): void => {
    const wanted = at + more.length;
    if (wanted > bytes.length) {
      const larger = new Uint8Array(2 * wanted);
      larger.set(bytes);
      bytes = larger;
    }
    bytes.set(more, at);
    at = wanted;
  };
  /** A number of so many bytes, after its tag. */
  const number = (tag: number, value: number, length: number): void => {
    const digits = [tag];
    for (let left = length - 1; left >= 0; left--) digits.push(Math.floor(value / 256 ** left) % 256);
    append(digits);
  };
  /** A number in 1, 2, 4 or 8 bytes, after the first of the tags for that. */
  const shortest = (tag: number, value: number): void => {
    let form = 0;
    while (value >= 256 ** (1 << form)) form++;
    number(tag + form, value, 1 << form);
  };
  /** A small number within a tag, or one after another tag. */
  const within = (tag: number, most: number, value: number, long: (value: number) => void): void => {
    if (value <= most) append([tag | value]);
    else long(value);
  };
  const write = (value: Value): void => {
    if (value === undefined) append([0xc0]);
    else if (typeof value === "boolean") append([value ? 0xc3 : 0xc2]);
    else if (typeof value === "number") within(0, 0x7f, value, (long) => shortest(0xcc, long));
    else if (typeof value === "string") {
      const text = UTF8.encode(value);
      within(0xa0, 31, text.length, (long) => shortest(0xd9, long));
      append(text);
    } else if (value instanceof Uint8Array) {
      shortest(0xc4, value.length);
      append(value);
    } else if (value instanceof Float64Array) {
      const float = new DataView(new ArrayBuffer(8));
      float.setFloat64(0, value[0] ?? 0);
      append([0xcb]);
      append(new Uint8Array(float.buffer));
    } else if (value instanceof Map) {
      within(0x80, 15, value.size, (long) => number(0xde, long, 2));
      for (const pair of value as ReadonlyMap<Value, Value>) pair.forEach(write);
    } else {
      const items = value as readonly Value[];
      append([0x90 | items.length]);
      items.forEach(write);
    }
  };
  write(value);
  return bytes.slice(0, at);
}

// Writes values of MessagePack, each in its shortest form.

const UTF8 = /* @__PURE__ */ new TextEncoder();

export class Packer {
  #bytes = new Uint8Array(256);
  #at = 0;

  /** What was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  array(length: number): void {
    this.#byte(0x90 | length);
  }

  map(length: number): void {
    if (length < 16) this.#byte(0x80 | length);
    else this.#number(0xde, length, 2);
  }

  nil(): void {
    this.#byte(0xc0);
  }

  flag(flag: boolean): void {
    this.#byte(flag ? 0xc3 : 0xc2);
  }

  /** A whole number from 0 to 2^53-1. */
  integer(number: number): void {
    if (number < 0x80) this.#byte(number);
    else if (number < 0x100) this.#number(0xcc, number, 1);
    else if (number < 0x1_0000) this.#number(0xcd, number, 2);
    else if (number < 0x1_0000_0000) this.#number(0xce, number, 4);
    else this.#number(0xcf, number, 8);
  }

  float(number: number): void {
    this.#byte(0xcb);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, number);
    this.#append(bytes);
  }

  text(text: string): void {
    const bytes = UTF8.encode(text);
    if (bytes.length < 32) this.#byte(0xa0 | bytes.length);
    else this.#length(0xd9, bytes.length);
    this.#append(bytes);
  }

  bin(bytes: Uint8Array): void {
    this.#length(0xc4, bytes.length);
    this.#append(bytes);
  }

  /** A length in 1, 2 or 4 bytes, after the tag for that. */
  #length(tag: number, length: number): void {
    const form = length < 0x100 ? 0 : length < 0x1_0000 ? 1 : 2;
    this.#number(tag + form, length, 1 << form);
  }

  #number(tag: number, number: number, length: number): void {
    this.#byte(tag);
    for (let at = length - 1; at >= 0; at--) this.#byte(Math.floor(number / 256 ** at) % 256);
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = byte;
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(length: number): void {
    const wanted = this.#at + length;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

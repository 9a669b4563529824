// Reads values of MessagePack from bytes. It takes what the wire uses, and skips anything else.

const FROM_UTF8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Below this length, reading ASCII by hand is faster than asking the platform. */
const SHORT = 40;

/** What can't be read; the text names the place. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Elements of an array. */
  array(what: string): number {
    const tag = this.#byte();
    if (tag >> 4 === 9) return tag & 15;
    if (tag === 0xdc) return this.#uint(2);
    if (tag === 0xdd) return this.#uint(4);
    throw new Unreadable(`${what} must be an array`);
  }

  /** Entries of a map. */
  map(what: string): number {
    const tag = this.#byte();
    if (tag >> 4 === 8) return tag & 15;
    if (tag === 0xde) return this.#uint(2);
    if (tag === 0xdf) return this.#uint(4);
    throw new Unreadable(`${what} must be a map`);
  }

  /** A whole number from 0 to 2^53-1; undefined if it is anything else, which is skipped. */
  integer(): number | undefined {
    const tag = this.#byte();
    if (tag < 0x80) return tag;
    if (tag >= 0xcc && tag <= 0xce) return this.#uint(1 << (tag - 0xcc));
    if (tag === 0xcf || tag === 0xd3) return this.#uint64();
    if (tag >= 0xd0 && tag <= 0xd2) {
      const bits = 8 << (tag - 0xd0);
      const number = this.#uint(bits / 8);
      return number < 2 ** (bits - 1) ? number : undefined;
    }
    this.#at--;
    this.skip();
    return undefined;
  }

  text(what: string): string {
    const length = this.#textLength();
    if (length === undefined) throw new Unreadable(`${what} must be a string`);
    return this.#utf8(this.#take(length), what);
  }

  flag(what: string): boolean {
    const tag = this.#byte();
    if (tag !== 0xc2 && tag !== 0xc3) throw new Unreadable(`${what} must be true or false`);
    return tag === 0xc3;
  }

  /** Bytes, or the UTF-8 of a string where that will do. */
  bin(what: string, text: boolean): Uint8Array {
    const tag = this.#bytes[this.#at] ?? 0;
    if (tag >= 0xc4 && tag <= 0xc6) {
      this.#at++;
      return this.#take(this.#uint(1 << (tag - 0xc4)));
    }
    const length = text ? this.#textLength() : undefined;
    if (length === undefined) throw new Unreadable(`${what} must be bytes`);
    return this.#take(length);
  }

  /** Whether the next value is nil, which is taken. */
  nil(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  /** Skips one value, however deep it nests. */
  skip(): void {
    for (let left = 1; left > 0; left--) left += this.#skipHead();
  }

  /** Skips a value but for its elements; says how many those are. */
  #skipHead(): number {
    const tag = this.#byte();
    if (tag < 0x80 || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) return 0;
    if (tag < 0x90) return 2 * (tag & 15);
    if (tag < 0xa0) return tag & 15;
    if (tag < 0xc0) return this.#pass(tag & 31);
    if (tag >= 0xc4 && tag <= 0xc6) return this.#pass(this.#uint(1 << (tag - 0xc4)));
    if (tag >= 0xc7 && tag <= 0xc9) return this.#pass(1 + this.#uint(1 << (tag - 0xc7)));
    if (tag === 0xca) return this.#pass(4);
    if (tag === 0xcb) return this.#pass(8);
    if (tag >= 0xcc && tag <= 0xcf) return this.#pass(1 << (tag - 0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) return this.#pass(1 << (tag - 0xd0));
    if (tag >= 0xd4 && tag <= 0xd8) return this.#pass(1 + (1 << (tag - 0xd4)));
    if (tag >= 0xd9 && tag <= 0xdb) return this.#pass(this.#uint(1 << (tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return this.#uint(tag === 0xdc ? 2 : 4);
    if (tag === 0xde || tag === 0xdf) return 2 * this.#uint(tag === 0xde ? 2 : 4);
    throw new Unreadable("the frame holds a byte that begins no value");
  }

  #pass(length: number): 0 {
    this.#take(length);
    return 0;
  }

  #textLength(): number | undefined {
    const tag = this.#bytes[this.#at] ?? 0;
    if (tag >> 5 === 5) {
      this.#at++;
      return tag & 31;
    }
    if (tag < 0xd9 || tag > 0xdb) return undefined;
    this.#at++;
    return this.#uint(1 << (tag - 0xd9));
  }

  #utf8(bytes: Uint8Array, what: string): string {
    if (bytes.length < SHORT) {
      let text = "";
      for (const byte of bytes) {
        if (byte >= 0x80) return this.#decode(bytes, what);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return this.#decode(bytes, what);
  }

  #decode(bytes: Uint8Array, what: string): string {
    try {
      return FROM_UTF8.decode(bytes);
    } catch {
      throw new Unreadable(`${what} is not UTF-8`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Unreadable("the frame ends too early");
    return byte;
  }

  #uint(length: number): number {
    let number = 0;
    for (let at = 0; at < length; at++) number = number * 256 + this.#byte();
    return number;
  }

  #uint64(): number | undefined {
    const at = this.#at;
    this.#take(8);
    const high = this.#view.getUint32(at);
    return high < 0x20_0000 ? high * 2 ** 32 + this.#view.getUint32(at + 4) : undefined;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Unreadable("the frame ends too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

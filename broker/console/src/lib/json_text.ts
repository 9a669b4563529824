// Reads a JSON text into a tree that keeps every number as it was written. Pure.

export type Node =
  | { readonly kind: "object" | "array"; readonly entries: readonly Entry[] }
  | { readonly kind: "string" | "number" | "word"; readonly text: string };

export interface Entry {
  /** The name in an object; none in an array. */
  readonly name: string | undefined;
  readonly node: Node;
}

/** Deeper ones are shown as text: a tree of them helps nobody, and reading them must not exhaust the stack. */
const DEPTH_MAX = 100;
const TOKEN = /\s*(?:([{}[\]:,])|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null))/y;

/** The tree of a text; nothing if it is no JSON, or too deep. */
export function parse(text: string): Node | undefined {
  const reader = new Reader(text);
  try {
    const node = reader.value(0);
    return reader.isAtEnd() ? node : undefined;
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#text.slice(this.#at).trim() === "";
  }

  value(depth: number): Node {
    if (depth > DEPTH_MAX) throw new Error("too deep");
    const token = this.#next();
    if (token === "{") return { kind: "object", entries: this.#entries("}", depth, true) };
    if (token === "[") return { kind: "array", entries: this.#entries("]", depth, false) };
    if (token.startsWith('"')) return { kind: "string", text: JSON.parse(token) as string };
    if (/^[-\d]/.test(token)) return { kind: "number", text: token };
    if (/^[tfn]/.test(token)) return { kind: "word", text: token };
    throw new Error("no value");
  }

  #entries(end: string, depth: number, named: boolean): Entry[] {
    const entries: Entry[] = [];
    if (this.#peek() === end) {
      this.#next();
      return entries;
    }
    for (;;) {
      const name = named ? this.#name() : undefined;
      entries.push({ name, node: this.value(depth + 1) });
      const token = this.#next();
      if (token === end) return entries;
      if (token !== ",") throw new Error("no comma");
    }
  }

  #name(): string {
    const name = JSON.parse(this.#next()) as unknown;
    if (typeof name !== "string" || this.#next() !== ":") throw new Error("no name");
    return name;
  }

  #peek(): string {
    const at = this.#at;
    const token = this.#next();
    this.#at = at;
    return token;
  }

  #next(): string {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) throw new Error("no token");
    this.#at = TOKEN.lastIndex;
    return found[1] ?? found[2] ?? found[3] ?? found[4] ?? "";
  }
}

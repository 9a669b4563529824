// Finds values in JSON text without changing a character of them.

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/y;
const SPACE = /\s*/y;

/** The text of a value inside a JSON text that is known to be valid; `path` leads to it. */
export function jsonText(text: string, path: readonly (string | number)[]): string {
  const scanner = new Scanner(text);
  for (const step of path) scanner.enter(step);
  return scanner.value();
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Goes to an element of an array or a field of an object. */
  enter(step: string | number): void {
    this.#token();
    if (typeof step === "number") {
      for (let at = 0; at < step; at++) {
        this.value();
        this.#token();
      }
      return;
    }
    while ((JSON.parse(this.#token()) as string) !== step) {
      this.#token();
      this.value();
      this.#token();
    }
    this.#token();
  }

  /** Goes past a value, and gives its text. */
  value(): string {
    this.#space();
    const begin = this.#at;
    let depth = 0;
    do {
      const token = this.#token();
      if (token === "[" || token === "{") depth++;
      else if (token === "]" || token === "}") depth--;
    } while (depth > 0);
    return this.#text.slice(begin, this.#at);
  }

  #token(): string {
    this.#space();
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0];
    if (token === undefined) throw new SyntaxError("the text is no JSON");
    this.#at += token.length;
    return token;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }
}

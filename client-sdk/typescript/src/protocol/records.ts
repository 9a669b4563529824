// Records: fields that are required, in their order in MessagePack, then optional ones, keyed from 1 there.

import { type Kind, type Place, entriesOf, jsonPayload, object, packedPayload, wrong } from "./kinds.js";
import type { Payload } from "./payload.js";
import { Unreadable } from "./unpack.js";

/** Fields by name, each with its kind, in their order. */
export type Fields = Readonly<Record<string, Kind<unknown>>>;

type Found = Record<string, unknown>;

/** The place of a payload among the required fields: its number and its bytes, or one of three fields in JSON. */
export const PAYLOAD: Kind<Payload> = () => wrong("payload", "given");

/** What a record consists of. */
export class Layout {
  readonly #required: readonly [name: string, kind: Kind<unknown>][];
  readonly #options: readonly [name: string, kind: Kind<unknown>][];
  /** Fields that stand all together or not at all. */
  readonly #together: readonly string[];

  constructor(required: Fields, options: Fields = {}, together: readonly string[] = []) {
    this.#required = Object.entries(required);
    this.#options = Object.entries(options);
    this.#together = together;
  }

  /** Takes the fields of a JSON object. */
  ofObject(fields: Found, place: Place): Found {
    const found: Found = {};
    for (const [name, kind] of this.#required) {
      found[name] = kind === PAYLOAD ? jsonPayload(fields, place) : kind(fields[name], name, place);
    }
    for (const [name, kind] of this.#options) {
      // `null` counts as absent, but for a member's `info`, where it is a value.
      const given = fields[name] ?? (name === "info" ? fields[name] : undefined);
      if (given !== undefined) found[name] = kind(given, name, place);
    }
    return this.#checked(found);
  }

  /** Takes the elements of an array, from `at` on. */
  ofArray(items: readonly unknown[], at: number, what: string, place: Place): Found {
    const found: Found = {};
    let next = at;
    for (const [name, kind] of this.#required) {
      const given = items[next++];
      found[name] = kind === PAYLOAD ? packedPayload(given, items[next++]) : kind(given, name, place);
    }
    if (items.length !== next + 1) wrong(what, `an array of ${next + 1}`);
    for (const [key, value] of entriesOf(items[next], what)) {
      const [name, kind] = this.#options[(key as number) - 1] ?? [];
      if (name === undefined || kind === undefined || value === undefined) continue;
      if (name in found) wrong(name, "given once");
      found[name] = kind(value, name, place);
    }
    return this.#checked(found);
  }

  #checked(found: Found): Found {
    const given = this.#together.filter((name) => name in found).length;
    if (given % this.#together.length > 0)
      throw new Unreadable(`\`${this.#together.join("`, `")}\` come together`);
    return found;
  }
}

/** A kind of value that is a record by itself, as in a list. */
export function recordOf<T>(layout: Layout, make: (found: Found) => T): Kind<T> {
  return (value, what, place) =>
    make(
      Array.isArray(value)
        ? layout.ofArray(value, 0, what, place)
        : layout.ofObject(object(value, what), place),
    );
}

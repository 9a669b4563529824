// Records: fields that are required, in their order in MessagePack, then optional ones, keyed from 1 there.

import { type Kind, type Place, object, wrong } from "./kinds.js";
import { type Reader, Unreadable } from "./msgpack_reader.js";

/** Fields by name, each with its kind. */
export type Fields = readonly (readonly [name: string, kind: Kind<unknown>])[];

/** What a record consists of. */
export class Layout {
  readonly #required: Fields;
  readonly #options: Fields;
  /** Sets of fields that stand all together or not at all. */
  readonly #together: readonly (readonly string[])[];
  /** Elements in MessagePack, the options' map among them. */
  readonly length: number;

  constructor(required: Fields, options: Fields = [], together: readonly (readonly string[])[] = []) {
    this.#required = required;
    this.#options = options;
    this.#together = together;
    this.length = required.length + 1 + required.filter(([, kind]) => kind.spread).length;
  }

  /** Reads the fields from a JSON object. */
  json(fields: Record<string, unknown>, place: Place): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const [name, kind] of this.#required) {
      found[name] = kind.json(kind.spread ? fields : fields[name], name, place);
    }
    for (const [name, kind] of this.#options) {
      const value = fields[name];
      // `null` counts as absent, but for a member's `info`, where it is a value.
      if (value != null || (value === null && name === "info")) found[name] = kind.json(value, name, place);
    }
    return this.#checked(found);
  }

  /** Reads the fields from the elements of an array. */
  read(reader: Reader): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const [name, kind] of this.#required) found[name] = kind.read(reader, name);
    for (let left = reader.map("the options"); left > 0; left--) {
      const [name, kind] = this.#options[(reader.integer() ?? 0) - 1] ?? [];
      if (name === undefined || kind === undefined) reader.skip();
      else if (name in found) wrong(name, "given once");
      else if (!reader.nil()) found[name] = kind.read(reader, name);
    }
    return this.#checked(found);
  }

  #checked(found: Record<string, unknown>): Record<string, unknown> {
    for (const names of this.#together) {
      const given = names.filter((name) => name in found).length;
      if (given > 0 && given < names.length) throw new Unreadable(`\`${names.join("`, `")}\` come together`);
    }
    return found;
  }
}

/** A kind of value that is a record by itself, as in a list. */
export function recordOf<T>(layout: Layout, make: (found: Record<string, unknown>) => T): Kind<T> {
  return {
    json: (value, what, place) => make(layout.json(object(value, what), place)),
    read(reader, what) {
      if (reader.array(what) !== layout.length) wrong(what, `arrays of ${layout.length}`);
      return make(layout.read(reader));
    },
  };
}

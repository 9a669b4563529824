// Reads fields of JSON that may be missing or of a later version. Pure.

export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

export const numberIn = (fields: Fields, name: string): number => {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
};

export const maybeNumberIn = (fields: Fields, name: string): number | undefined => {
  const value = fields[name];
  return typeof value === "number" ? value : undefined;
};

export const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
};

/** An object of counts, by name. */
export const countsIn = (fields: Fields, name: string): ReadonlyMap<string, number> => {
  const entries = Object.entries(fieldsOf(fields[name]));
  return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
};

export const sum = (counts: ReadonlyMap<string, number>): number => {
  let all = 0;
  for (const n of counts.values()) all += n;
  return all;
};

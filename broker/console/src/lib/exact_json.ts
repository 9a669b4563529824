// Reads JSON to be written again: numbers that a double can't hold keep their digits, where the browser can do that. Pure.

interface Raw {
  rawJSON?: (text: string) => unknown;
}

/** The value of a text; nothing if it is no JSON. */
export function readJson(text: string): { readonly of: unknown } | undefined {
  try {
    return { of: JSON.parse(text, keepDigits) as unknown };
  } catch {
    return undefined;
  }
}

function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  const { rawJSON } = JSON as Raw;
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || String(value) === source) return value;
  return rawJSON === undefined ? value : rawJSON(source);
}

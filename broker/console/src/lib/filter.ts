// The filter of a list: every word must be in the text, none that begins with `-`. Pure.

export interface Filter {
  readonly text: string;
  matches(...texts: readonly string[]): boolean;
}

/** Reads a filter as it was typed. An empty one lets everything through. */
export function filterOf(text: string): Filter {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const without = words
    .filter((word) => word.startsWith("-") && word.length > 1)
    .map((word) => word.slice(1));
  const wanted = words.filter((word) => !word.startsWith("-") || word.length === 1);
  return {
    text: text.trim(),
    matches(...texts) {
      if (words.length === 0) return true;
      const all = texts.join("\n").toLowerCase();
      return wanted.every((word) => all.includes(word)) && !without.some((word) => all.includes(word));
    },
  };
}

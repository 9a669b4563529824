/** The text of a value inside a JSON text that is known to be valid; `path` leads to it. */
export declare function jsonText(text: string, path: readonly (string | number)[]): string;

/** A JSON Web Token, or what gives a fresh one. */
export type TokenSource = string | (() => string | Promise<string>);
/** The next token, if there is to be one; it must come within `timeout` milliseconds. */
export declare function tokenOf(source: TokenSource | undefined, timeout: number): Promise<string | undefined>;

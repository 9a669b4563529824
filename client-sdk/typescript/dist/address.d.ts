/** Reads `ws://host:port/path`; `http` means the same, a missing path is `/ws`, and a path alone is of this page. */
export declare function addressOf(url: string): string;

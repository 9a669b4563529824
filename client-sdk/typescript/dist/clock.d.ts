/** Milliseconds since some moment. The page's own clock may stand still during sleep; the wall clock may jump back. */
export declare function now(): number;

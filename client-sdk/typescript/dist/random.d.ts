/** A number from 0 to below 1, evenly spread. */
export type Random = () => number;
/** Numbers that look random; the same seed gives the same ones (mulberry32). */
export declare function seeded(seed: number): Random;

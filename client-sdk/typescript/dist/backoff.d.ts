/** The ceiling of the first pause, and that of all, in milliseconds; between them it doubles with each failure. */
export interface Backoff {
    readonly first: number;
    readonly max: number;
}
/** The pause after this many failures before; `random` is evenly spread from 0 to below 1. */
export declare function pauseAfter(backoff: Backoff, failures: number, random: number): number;

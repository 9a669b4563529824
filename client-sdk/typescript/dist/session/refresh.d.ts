/** The token of one connection. */
export declare class Refresh {
    #private;
    /** When a new token is wanted; never is infinite. */
    due: number;
    /** Times that there was none, or it was not accepted. */
    failures: number;
    /** Whether another token can be had at all. */
    constructor(renews: boolean);
    /** The broker says how long the token lasts, if it expires. */
    lasts(now: number, expiresIn?: number): void;
}

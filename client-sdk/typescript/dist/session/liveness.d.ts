/** What the passing of time asks for: nothing, a sign of life, or an end after this long a silence. */
export type Verdict = "fine" | "ask" | {
    readonly deadAfter: number;
};
/** Watches one connection once the client is welcome. */
export declare class Liveness {
    #private;
    /** Begins to watch. */
    begin(now: number, heartbeat: number): void;
    /** Something came. */
    heard(now: number): void;
    /** A sign of life must come soon; says whether it is to be asked for, which happens once. */
    expect(now: number): boolean;
    /** When to ask again; never is infinite. */
    due(): number;
    /**
     * What the time asks for. Whoever looks far too late has not run meanwhile, as in a frozen page or a sleeping
     * machine: what came then may still wait to be read, so the broker is asked first.
     */
    judge(now: number): Verdict;
}

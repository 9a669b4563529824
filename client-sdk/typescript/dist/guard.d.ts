/** Calls; what is thrown, or rejected, is reported as not caught. */
export declare function guarded<R>(call: () => R): R | undefined;

/** Calls `wake` whenever the connection may have died unnoticed, or a new one may be had; gives what ends that. */
export declare function onWake(wake: () => void): () => void;

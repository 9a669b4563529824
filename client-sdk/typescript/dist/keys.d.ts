/** Makes keys, each different from all others of any client. */
export declare function keys(): () => string;

/** Throws if the text is no topic. */
export declare function checkTopic(topic: string): void;
/** Throws if the text is no pattern. */
export declare function checkPattern(pattern: string): void;

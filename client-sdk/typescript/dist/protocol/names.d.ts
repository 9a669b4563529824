/** The rule that a name breaks. */
export type NameRule = "empty" | "too_long" | "too_many_segments" | "empty_segment" | "character" | "mixed_wildcard" | "tail_not_last";
/** All the rules in a sentence. */
export declare const RULES = "1 to 16 segments between dots, 256 bytes, no white space; * and a last > stand alone in patterns";
/** Bytes of a text in UTF-8. */
export declare const utf8Length: (text: string) => number;
/** The rule that a topic breaks, if it breaks one. */
export declare function topicFault(topic: string): NameRule | undefined;
/** The rule that a pattern breaks, if it breaks one. */
export declare function patternFault(pattern: string): NameRule | undefined;
/** Whether a pattern means a topic. Both must be valid. */
export declare function matches(pattern: string, topic: string): boolean;
/** Whether some topic matches both patterns. Both must be valid. */
export declare function overlaps(a: string, b: string): boolean;

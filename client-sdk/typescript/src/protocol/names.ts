// Topics and patterns: what is a valid name, and which topics a pattern means.

import { MAX_TOPIC_BYTES, MAX_TOPIC_SEGMENTS } from "./limits.js";
import { UTF8 } from "./utf8.js";

/** The rule that a name breaks. */
export type NameRule =
  | "empty"
  | "too_long"
  | "too_many_segments"
  | "empty_segment"
  | "character"
  | "mixed_wildcard"
  | "tail_not_last";

/** All the rules in a sentence. */
export const RULES = `1 to ${MAX_TOPIC_SEGMENTS} segments between dots, ${MAX_TOPIC_BYTES} bytes, no white space; * and a last > stand alone in patterns`;

const WRONG = /[\p{White_Space}\p{Cc}*>]/u;
const WILDCARD = /[*>]/;

/** Bytes of a text in UTF-8. */
export const utf8Length = (text: string): number => UTF8.encode(text).length;

/** The rule that a topic breaks, if it breaks one. */
export function topicFault(topic: string): NameRule | undefined {
  return nameFault(topic, (segment) => (WRONG.test(segment) ? "character" : undefined));
}

/** The rule that a pattern breaks, if it breaks one. */
export function patternFault(pattern: string): NameRule | undefined {
  return nameFault(pattern, (segment, last) => {
    if (segment === "*" || (segment === ">" && last)) return undefined;
    if (segment === ">") return "tail_not_last";
    if (WILDCARD.test(segment)) return "mixed_wildcard";
    return WRONG.test(segment) ? "character" : undefined;
  });
}

/** Whether a pattern means a topic. Both must be valid. */
export function matches(pattern: string, topic: string): boolean {
  if (topic.startsWith("$") && startsWild(pattern)) return false;
  const names = topic.split(".");
  const parts = pattern.split(".");
  for (const [at, part] of parts.entries()) {
    if (at >= names.length) return false;
    if (part === ">") return true;
    if (part !== "*" && part !== names[at]) return false;
  }
  return parts.length === names.length;
}

/** Whether some topic matches both patterns. Both must be valid. */
export function overlaps(a: string, b: string): boolean {
  if ((a.startsWith("$") && startsWild(b)) || (b.startsWith("$") && startsWild(a))) return false;
  const left = a.split(".");
  const right = b.split(".");
  for (let at = 0; ; at++) {
    const mine = left[at];
    const theirs = right[at];
    if (mine === undefined || theirs === undefined) return mine === theirs;
    if (mine === ">" || theirs === ">") return true;
    if (mine !== theirs && mine !== "*" && theirs !== "*") return false;
  }
}

function startsWild(pattern: string): boolean {
  return pattern.startsWith("*") || pattern.startsWith(">");
}

function nameFault(
  name: string,
  segmentFault: (segment: string, last: boolean) => NameRule | undefined,
): NameRule | undefined {
  if (name === "") return "empty";
  if (name.length > MAX_TOPIC_BYTES || utf8Length(name) > MAX_TOPIC_BYTES) return "too_long";
  const segments = name.split(".");
  for (const [at, segment] of segments.entries()) {
    if (at >= MAX_TOPIC_SEGMENTS) return "too_many_segments";
    if (segment === "") return "empty_segment";
    const fault = segmentFault(segment, at === segments.length - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

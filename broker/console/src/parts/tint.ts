// One of six tints for a topic, always the same for the same one. Pure.

export function tintOf(topic: string): number {
  let hash = 7;
  for (let at = 0; at < topic.length; at += 1) hash = (hash * 31 + topic.charCodeAt(at)) >>> 0;
  return hash % 6;
}

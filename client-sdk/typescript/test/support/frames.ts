// Frames of a broker as they stand on the wire, for what plays one.

import { encode } from "@msgpack/msgpack";

const DATA = JSON.stringify({
  id: 12345,
  symbol: "EURUSD",
  bid: 1.0842,
  ask: 1.0844,
  venue: "north",
  size: 100_000,
});

/** What a broker says first, and to the first subscription; then messages of one stream, a thousand of them. */
export interface Frames {
  readonly welcome: string | Uint8Array<ArrayBuffer>;
  readonly subscribed: string | Uint8Array<ArrayBuffer>;
  readonly messages: (string | Uint8Array<ArrayBuffer>)[];
}

export function framesOf(encoding: "msgpack" | "json"): Frames {
  const seqs = Array.from({ length: 1_000 }, (_, n) => n + 1);
  if (encoding === "json") {
    return {
      welcome: '{"op":"welcome","session":"s","heartbeat_ms":25000,"max_payload_bytes":65536}',
      subscribed: '{"op":"subscribed","sub":1,"position":{"recent":{"epoch":"e","seq":0}},"live":true}',
      messages: seqs.map(
        (seq) =>
          `{"op":"message","sub":1,"topic":"orders.eu","data":${DATA},"time":1763800000000,"stream":"recent","seq":${seq}}`,
      ),
    };
  }
  return {
    welcome: new Uint8Array([0x95, 17, 0xa1, 0x73, 0xcd, 0x61, 0xa8, 0xcd, 0xff, 0xff, 0x80]),
    subscribed: new Uint8Array([
      ...[0x95, 18, 1, 0x81, ...encode("recent")],
      ...[0x92, ...encode("e"), 0, 0xc3, 0x80],
    ]),
    messages: seqs.map(packedMessage),
  };
}

/** MessagePack with options whose keys are integers, which the library does not write: `{1: stream, 2: seq}`. */
function packedMessage(seq: number): Uint8Array<ArrayBuffer> {
  const plain = encode([19, 1, "orders.eu", 0, new TextEncoder().encode(DATA), 1763800000000]);
  const options = [0x82, 1, ...encode("recent"), 2, ...encode(seq)];
  return new Uint8Array([0x97, ...plain.slice(1), ...options]);
}

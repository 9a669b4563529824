// A peer in JavaScript: drives the library `ws` on Node against a broker, for the tests.
//
//   peer.mjs follow URL json|msgpack PATTERN COUNT   prints "ready", then each message as a line of JSON
//   peer.mjs publish URL json|msgpack TOPIC          publishes each line of standard input, a JSON object that holds
//                                                    text, data or data_b64; prints the sequences

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.env.FANFARE_PEERS, "node", "package.json"));
const { WebSocket } = require("ws");
const { encode, decode } = require("@msgpack/msgpack");

const KINDS = ["data", "text", "data_b64"];
const OPS = { 8: "ping", 17: "welcome", 18: "subscribed", 19: "message", 24: "published", 28: "error" };

const json = {
  subprotocol: "fanfare.v1.json",
  hello: () => JSON.stringify({ op: "hello", name: "peer.mjs/1" }),
  pong: () => JSON.stringify({ op: "pong" }),
  subscribe: (sub, pattern) => JSON.stringify({ op: "subscribe", sub, pattern }),
  publish: (id, topic, payload) => JSON.stringify({ op: "publish", id, topic, ...payload }),
  read(bytes) {
    const frame = JSON.parse(bytes.toString());
    const kind = KINDS.find((kind) => kind in frame);
    return { op: frame.op, seq: frame.seq, message: { topic: frame.topic, [kind]: frame[kind] }, frame };
  },
};

const toBytes = {
  data: (value) => new TextEncoder().encode(JSON.stringify(value)),
  text: (value) => new TextEncoder().encode(value),
  data_b64: (value) => new Uint8Array(Buffer.from(value, "base64")),
};
const fromBytes = {
  data: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
  text: (bytes) => Buffer.from(bytes).toString(),
  data_b64: (bytes) => Buffer.from(bytes).toString("base64"),
};

// The options of a frame are a map with integer keys, which an object of JavaScript can't have: an empty one is the
// same either way, and one that is read has its keys as text.
const msgpack = {
  subprotocol: "fanfare.v1.msgpack",
  hello: () => encode([1, {}]),
  pong: () => encode([9, {}]),
  subscribe: (sub, pattern) => encode([2, sub, pattern, {}]),
  publish(id, topic, payload) {
    const [[kind, value]] = Object.entries(payload);
    return encode([4, id, topic, KINDS.indexOf(kind), toBytes[kind](value), {}]);
  },
  read(bytes) {
    const frame = decode(bytes);
    const op = OPS[frame[0]] ?? "other";
    if (op === "message") {
      const kind = KINDS[frame[3]];
      return { op, message: { topic: frame[2], [kind]: fromBytes[kind](frame[4]) } };
    }
    return { op, seq: op === "published" ? frame[2][3] : undefined, frame };
  },
};

function fail(why) {
  console.error(why);
  process.exit(1);
}

const [deed, url, encodingName, name, count] = process.argv.slice(2);
const encoding = { json, msgpack }[encodingName];
const socket = new WebSocket(url, encoding.subprotocol);
const payloads = [];
let left = Number(count);

const on = {
  welcome() {
    if (deed === "follow") {
      socket.send(encoding.subscribe(1, name));
      return;
    }
    left = payloads.length;
    payloads.forEach((payload, id) => socket.send(encoding.publish(id, name, payload)));
  },
  subscribed: () => console.log('"ready"'),
  message: ({ message }) => show(JSON.stringify(message)),
  published: ({ seq }) => show(seq),
  ping: () => socket.send(encoding.pong()),
};

function show(line) {
  console.log(line);
  left -= 1;
  if (left === 0) socket.close(1000);
}

socket.on("message", (bytes) => {
  const read = encoding.read(bytes);
  (on[read.op] ?? (() => fail(`what is this? ${JSON.stringify(read)}`)))(read);
});
socket.on("error", (error) => fail(error.message));
socket.on("close", (code) => process.exitCode = left === 0 ? 0 : fail(`closed with ${code}`));
socket.on("open", async () => {
  if (deed === "publish") {
    for await (const line of createInterface({ input: process.stdin })) payloads.push(JSON.parse(line));
  }
  socket.send(encoding.hello());
});

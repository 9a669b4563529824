// Writes a client's frames, in either encoding.
import { Packer } from "./packer.js";
import { KINDS, toBase64 } from "./payload.js";
/** The WebSocket subprotocol that stands for an encoding. */
export const subprotocol = (encoding) => `fanfare.v1.${encoding}`;
/** Writes a frame: a text in JSON, bytes in MessagePack. */
export function encode(encoding, frame) {
    return encoding === "json" ? toJson(frame) : toMsgpack(frame);
}
const number = (packer, value) => packer.integer(value);
const text = (packer, value) => packer.text(value);
const float = (packer, value) => packer.float(value);
const flag = (packer, value) => packer.flag(value);
const from = (packer, value) => {
    if (typeof value === "string") {
        packer.text(value);
        return;
    }
    packer.map(1);
    packer.integer("position" in value ? 1 : "time" in value ? 2 : 3);
    if ("time" in value)
        packer.integer(value.time);
    else
        position(packer, "position" in value ? value.position : value.last);
};
const headers = (packer, value) => {
    const entries = Object.entries(value);
    packer.map(entries.length);
    for (const pair of entries)
        for (const part of pair)
            packer.text(part);
};
const payload = (packer, value) => {
    packer.integer(KINDS.indexOf(value.kind));
    packer.bin(value.bytes());
};
/** The fields of an op: required ones in order, then optional ones by key. */
const OPS = {
    hello: [
        1,
        [],
        [
            ["token", text],
            ["name", text],
        ],
    ],
    subscribe: [
        2,
        [
            ["sub", number],
            ["pattern", text],
        ],
        [
            ["from", from],
            ["deliver", text],
            ["max_rate", float],
        ],
    ],
    unsubscribe: [3, [["sub", number]], []],
    publish: [
        4,
        [
            ["id", number],
            ["topic", text],
            ["payload", payload],
        ],
        [
            ["key", text],
            ["expect", number],
            ["echo", flag],
            ["headers", headers],
        ],
    ],
    history: [
        5,
        [
            ["id", number],
            ["pattern", text],
            ["from", from],
        ],
        [["limit", number]],
    ],
    presence: [
        6,
        [
            ["id", number],
            ["topic", text],
        ],
        [],
    ],
    refresh: [
        7,
        [
            ["id", number],
            ["token", text],
        ],
        [],
    ],
    ping: [8, [], []],
    pong: [9, [], []],
};
function toMsgpack(frame) {
    const [code, required, options] = OPS[frame.op];
    const fields = frame;
    const packer = new Packer();
    packer.array(required.length + 2 + +("payload" in frame));
    packer.integer(code);
    for (const [name, write] of required) {
        // Only `id` may be left out: the message is not acknowledged then.
        if (fields[name] === undefined)
            packer.nil();
        else
            write(packer, fields[name]);
    }
    const given = [...options.entries()].filter(([, [name]]) => fields[name] !== undefined);
    packer.map(given.length);
    for (const [at, [name, write]] of given) {
        packer.integer(at + 1);
        write(packer, fields[name]);
    }
    return packer.finish();
}
function position(packer, value) {
    const streams = Object.entries(value);
    packer.map(streams.length);
    for (const [stream, { epoch, seq }] of streams) {
        packer.text(stream);
        packer.array(2);
        packer.text(epoch);
        packer.integer(seq);
    }
}
function toJson(frame) {
    const [, required, options] = OPS[frame.op];
    const fields = frame;
    let json = `{"op":"${frame.op}"`;
    for (const [name] of [...required, ...options]) {
        const value = fields[name];
        if (name === "payload")
            json += payloadJson(value);
        else if (value !== undefined)
            json += `,"${name}":${JSON.stringify(value)}`;
    }
    return `${json}}`;
}
function payloadJson(payload) {
    if (payload.kind === "json")
        return `,"data":${payload.text()}`;
    if (payload.kind === "text")
        return `,"text":${JSON.stringify(payload.text())}`;
    return `,"data_b64":"${toBase64(payload.bytes())}"`;
}
//# sourceMappingURL=encode.js.map
// The kinds of values in the broker's frames. Each takes what either encoding gives for it.
import { jsonText } from "./json_text.js";
import { MAX_POSITION_STREAMS } from "./limits.js";
import { KINDS, Payload, fromBase64 } from "./payload.js";
import { record } from "./position.js";
import { PackedMap, Unreadable } from "./unpack.js";
export function wrong(what, must) {
    throw new Unreadable(`\`${what}\` must be ${must}`);
}
/** A whole number within bounds. */
function integer(least, most) {
    return (value, what) => typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most
        ? value
        : wrong(what, `a number from ${least} to ${most}`);
}
export const NUMBER = /* @__PURE__ */ integer(0, Number.MAX_SAFE_INTEGER);
export const SEQ = /* @__PURE__ */ integer(1, Number.MAX_SAFE_INTEGER);
export const SUB = /* @__PURE__ */ integer(0, 0xffff_ffff);
export const TEXT = (value, what) => typeof value === "string" ? value : wrong(what, "a string");
export const FLAG = (value, what) => typeof value === "boolean" ? value : wrong(what, "true or false");
/** Any JSON value; in MessagePack its text as bytes. */
export const JSON_VALUE = (value, what) => {
    if (!(value instanceof Uint8Array))
        return value;
    try {
        return Payload.ofBytes("json", value).json();
    }
    catch {
        return wrong(what, "JSON");
    }
};
export const POSITION = (value, what, place) => {
    const position = record();
    const streams = entriesOf(value, what);
    if (streams.length > MAX_POSITION_STREAMS)
        wrong(what, `of at most ${MAX_POSITION_STREAMS} streams`);
    for (const [stream, here] of streams) {
        const name = TEXT(stream, what, place);
        if (name in position)
            wrong(what, "of each stream once");
        const [epoch, seq] = Array.isArray(here) && here.length === 2 ? here : partsOf(here, what);
        position[name] = { epoch: TEXT(epoch, what, place), seq: NUMBER(seq, what, place) };
    }
    return position;
};
export const HEADERS = (value, what, place) => {
    const headers = record();
    for (const [name, text] of entriesOf(value, what))
        headers[TEXT(name, what, place)] = TEXT(text, what, place);
    return headers;
};
/** A payload from its number and its bytes, which may be given as a string unless they are just bytes. */
export function packedPayload(number, given) {
    const kind = KINDS[number] ?? wrong("payload", "of kind 0, 1 or 2");
    if (given instanceof Uint8Array)
        return Payload.ofBytes(kind, given);
    if (kind === "bytes" || typeof given !== "string")
        wrong("payload", "bytes");
    return Payload.ofText(kind, given);
}
/** A payload from the three fields that may hold it in JSON. `null` is a value for `data` alone. */
export function jsonPayload({ data, text, data_b64 }, place) {
    if (+(data !== undefined) + +(text != null) + +(data_b64 != null) !== 1) {
        wrong("payload", "one of `data`, `text` and `data_b64`");
    }
    if (data !== undefined)
        return Payload.ofJson(data, () => jsonText(place.text, [...place.path, "data"]));
    if (text != null)
        return Payload.ofText("text", TEXT(text, "text", place));
    try {
        return Payload.ofBytes("bytes", fromBase64(TEXT(data_b64, "data_b64", place)));
    }
    catch {
        return wrong("data_b64", "base64");
    }
}
/** A list of values of one kind. */
export function list(kind) {
    return (value, what, { text, path }) => Array.isArray(value)
        ? value.map((item, at) => kind(item, what, { text, path: [...path, what, at] }))
        : wrong(what, "an array");
}
/** The entries of a map or an object. */
export function entriesOf(value, what) {
    return value instanceof PackedMap ? value.entries : Object.entries(object(value, what));
}
export function object(value, what) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
        wrong(what, "an object");
    return value;
}
function partsOf(value, what) {
    const { epoch, seq } = object(value, what);
    return [epoch, seq];
}
//# sourceMappingURL=kinds.js.map
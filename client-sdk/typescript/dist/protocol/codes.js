// Words and numbers that the wire fixes: error codes, close codes, and whether to come back.
/** Close code of a normal end. */
export const NORMAL = 1000;
/** What browsers give for a close frame without a code. */
export const NO_CODE = 1005;
/** What browsers give when there was no close frame. */
export const ABNORMAL = 1006;
export const PROTOCOL = 4000;
export const UNAUTHENTICATED = 4001;
export const TOKEN_EXPIRED = 4002;
export const FORBIDDEN = 4003;
export const TOO_LARGE = 4004;
export const TOO_SLOW = 4101;
/** What a close code says of connecting again: its hundreds say it. */
export function reconnectAfter(code) {
    if (code === NORMAL || (code >= 4000 && code <= 4099))
        return "never";
    return code >= 4200 && code <= 4299 ? "now" : "back_off";
}
//# sourceMappingURL=codes.js.map
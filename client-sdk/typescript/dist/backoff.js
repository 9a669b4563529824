// Growing pauses between tries. Each is random up to a ceiling, so that many clients don't come back all at once.
/** The pause after this many failures before; `random` is evenly spread from 0 to below 1. */
export function pauseAfter(backoff, failures, random) {
    return Math.min(backoff.first * 2 ** failures, backoff.max) * random;
}
//# sourceMappingURL=backoff.js.map
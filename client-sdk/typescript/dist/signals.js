// What the platform tells of: the page is seen again or thaws, the network comes or goes.
/** Calls `wake` whenever the connection may have died unnoticed, or a new one may be had; gives what ends that. */
export function onWake(wake) {
    const { window, document } = globalThis;
    const seen = () => {
        if (document?.hidden !== true)
            wake();
    };
    const each = (deed) => {
        for (const type of ["online", "offline", "pageshow"])
            window?.[deed](type, wake);
        for (const type of ["visibilitychange", "resume"])
            document?.[deed](type, seen);
    };
    each("addEventListener");
    return () => each("removeEventListener");
}
//# sourceMappingURL=signals.js.map
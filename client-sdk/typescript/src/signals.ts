// What the platform tells of: the page is seen again or thaws, the network comes or goes.

/** Calls `wake` whenever the connection may have died unnoticed, or a new one may be had; gives what ends that. */
export function onWake(wake: () => void): () => void {
  const { window, document } = globalThis as { window?: EventTarget; document?: Document };
  const seen = (): void => {
    if (document?.hidden !== true) wake();
  };
  const each = (deed: "addEventListener" | "removeEventListener"): void => {
    for (const type of ["online", "offline", "pageshow"]) window?.[deed](type, wake);
    for (const type of ["visibilitychange", "resume"]) document?.[deed](type, seen);
  };
  each("addEventListener");
  return () => each("removeEventListener");
}

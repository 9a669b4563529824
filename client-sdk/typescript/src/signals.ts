// What the platform tells of: the page is seen again or thaws, the network comes or goes.

/** Calls `wake` whenever the connection may have died unnoticed, or a new one may be had; gives what ends that. */
export function onWake(wake: () => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const listen = (target: EventTarget, types: string[], listener = wake): void => {
    for (const type of types) target.addEventListener(type, listener, { signal });
  };
  if (typeof globalThis.addEventListener === "function") {
    listen(globalThis, ["online", "offline", "pageshow"]);
  }
  if (typeof document !== "undefined") {
    listen(document, ["resume"]);
    listen(document, ["visibilitychange"], () => {
      if (!document.hidden) wake();
    });
  }
  return () => listening.abort();
}

// Calls into the program that uses this client: what it throws is its own, and must not end here.

/** Calls; what is thrown, or rejected, is reported as not caught. */
export function guarded<R>(call: () => R): R | undefined {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(report);
    return result;
  } catch (error) {
    report(error);
    return undefined;
  }
}

function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

// Keys that nobody else has, for messages that the client may send again.

/** Makes keys, each different from all others of any client. */
export function keys(): () => string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const client = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  let last = 0;
  return () => `${client}-${++last}`;
}

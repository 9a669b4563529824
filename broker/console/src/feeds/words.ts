// What the wire's codes and reasons mean, for people who see them at night. Pure.

const ERRORS: Readonly<Record<string, string>> = {
  invalid_frame: "a client sent what can't be read: a field is missing or wrong",
  unknown_op: "a client asked for something that this version does not know",
  unauthenticated: "a client without an accepted token asked for what needs one",
  forbidden: "a client asked for what its token does not grant",
  invalid_topic: "a topic or pattern breaks the rules for names",
  too_large: "a payload over max_payload_bytes",
  rate_limited: "a session publishes more in a second than publishes_per_second",
  limit_exceeded: "a bound was reached; the client was told which",
  conflict: "an expect that did not hold, or a number in use already",
  not_found: "a client named something that is not there",
  unavailable: "the broker could not do it at that moment; clients try again",
  internal: "a fault of the broker: please report it",
};

const GAPS: Readonly<Record<string, string>> = {
  expired: "retention had removed what a subscriber asked for",
  reset: "a stream began anew, as after a crash or a changed configuration",
  dropped: "ephemeral messages found no room in a full queue",
};

const CLOSES: Readonly<Record<string, { text: string; tone: "plain" | "warn" | "bad" }>> = {
  by_peer: { text: "the client left", tone: "plain" },
  lost: { text: "the connection broke", tone: "warn" },
  protocol: { text: "broken framing, or no hello first", tone: "bad" },
  unauthenticated: { text: "the token was not accepted", tone: "bad" },
  token_expired: { text: "the token expired", tone: "warn" },
  forbidden: { text: "not allowed, revoked, or closed by an administrator", tone: "bad" },
  too_large: { text: "a message over max_frame_bytes", tone: "bad" },
  over_capacity: { text: "as many sessions are open as may be", tone: "bad" },
  too_slow: { text: "its socket took nothing for too long", tone: "bad" },
  flood: { text: "too many frames in a second", tone: "bad" },
  no_hello: { text: "no hello in time", tone: "warn" },
  drain: { text: "the broker is stopping", tone: "plain" },
  heartbeat_missed: { text: "nothing heard for two heartbeats", tone: "warn" },
};

export const meaningOfError = (code: string): string => ERRORS[code] ?? "";
export const meaningOfGap = (reason: string): string => GAPS[reason] ?? "";
export const meaningOfClose = (reason: string): { text: string; tone: "plain" | "warn" | "bad" } =>
  CLOSES[reason] ?? { text: "", tone: "plain" };

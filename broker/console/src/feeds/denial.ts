// Why something can't be shown, for people, and whether signing in may help.

import { FanfareError } from "fanfare-client";

import { ApiError } from "./api.js";

export interface Denial {
  readonly kind: "sign_in" | "forbidden" | "trouble";
  readonly text: string;
}

/** What an error of the SDK or the HTTP API means for a panel. */
export function denialOf(error: unknown): Denial {
  if (error instanceof ApiError) {
    if (error.status === 401) return { kind: "sign_in", text: error.message };
    return { kind: error.status === 403 ? "forbidden" : "trouble", text: error.message };
  }
  if (error instanceof FanfareError) {
    if (error.code === "unauthenticated") return { kind: "sign_in", text: sentence(error.message) };
    if (error.code === "forbidden") return { kind: "forbidden", text: sentence(error.message) };
    return { kind: "trouble", text: sentence(error.message) };
  }
  return { kind: "trouble", text: String(error) };
}

/** What the broker said, without who says it. */
export function sentence(message: string): string {
  const said = /^the broker says \w+: (.*)$/s.exec(message)?.[1] ?? message;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

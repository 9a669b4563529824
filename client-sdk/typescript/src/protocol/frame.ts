// Frames: what client and broker say to each other. Fields are named as on the wire.

import type { ErrorCode, GapReason } from "./codes.js";
import type { Headers, Message } from "./message.js";
import type { Payload } from "./payload.js";
import type { Position } from "./position.js";

/** Where to begin. */
export type From = "now" | "last" | "start" | { position: Position } | { time: number } | { last: Position };

/** How to deliver: every message, or of each topic the newest. */
export type Deliver = "every" | "latest";

/** Messages that can't be had. */
export interface Gap {
  readonly reason: GapReason;
  readonly stream?: string;
  /** The first sequence that may be missing. */
  readonly from?: number;
  /** The last sequence that may be missing. */
  readonly to?: number;
  /** How many are missing, where that is known. */
  readonly count?: number;
  /** Where the subscription goes on, if it does not simply go on. */
  readonly position?: Position;
}

/** Somebody who is present on a topic. */
export interface Member {
  readonly session: string;
  readonly subject?: string;
  readonly info?: unknown;
}

export interface Hello {
  op: "hello";
  token?: string | undefined;
  name?: string | undefined;
  resume?: string | undefined;
}

export interface Subscribe {
  op: "subscribe";
  sub: number;
  pattern: string;
  from?: From | undefined;
  deliver?: Deliver | undefined;
  max_rate?: number | undefined;
}

export interface Publish {
  op: "publish";
  id?: number | undefined;
  topic: string;
  payload: Payload;
  key?: string | undefined;
  expect?: number | undefined;
  echo?: boolean | undefined;
  headers?: Headers | undefined;
}

export interface History {
  op: "history";
  id: number;
  pattern: string;
  from: From;
  limit?: number | undefined;
}

export type ClientFrame =
  | Hello
  | Subscribe
  | { op: "unsubscribe"; sub: number }
  | Publish
  | History
  | { op: "presence"; id: number; topic: string; limit?: number | undefined; after?: number | undefined }
  | { op: "refresh"; id: number; token: string }
  | { op: "ping" }
  | { op: "pong" };

export interface Welcome {
  op: "welcome";
  session: string;
  heartbeat_ms: number;
  max_payload_bytes: number;
  expires_in_ms?: number;
  key_window_ms?: number;
  resume?: string;
}

export interface Subscribed {
  op: "subscribed";
  sub: number;
  position: Position;
  live: boolean;
  pattern?: string;
  recovered?: boolean;
  ephemeral?: boolean;
}

export interface Published {
  op: "published";
  id: number;
  stream?: string;
  epoch?: string;
  seq?: number;
  duplicate?: boolean;
}

export interface Page {
  op: "history";
  id: number;
  messages: Message[];
  gaps?: Gap[];
  position: Position;
  more: boolean;
}

export interface ErrorFrame {
  op: "error";
  code: ErrorCode;
  message: string;
  id?: number;
  sub?: number;
  retry_after_ms?: number;
  seq?: number;
}

export type ServerFrame =
  | Welcome
  | Subscribed
  | { op: "message"; sub: number; message: Message }
  | { op: "gap"; sub: number; gap: Gap }
  | { op: "behind"; sub: number }
  | { op: "live"; sub: number; position: Position }
  | { op: "unsubscribed"; sub: number; code?: ErrorCode }
  | Published
  | { op: "ok"; id: number; expires_in_ms?: number }
  | Page
  | { op: "presence"; id: number; members: Member[]; count?: number; next?: number }
  | ErrorFrame
  | { op: "ping"; position?: Position; except?: number[] }
  | { op: "pong" }
  | { op: "goaway"; reason: string; reconnect_after_ms: number };

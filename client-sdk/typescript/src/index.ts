// A client for the Fanfare broker: publish and subscribe over one WebSocket, in browsers and Node.

export { Fanfare, connect } from "./client.js";
export type { ClientEvents } from "./listeners.js";
export { type Closed, closedText } from "./closed.js";
export { type ErrorKind, FanfareError } from "./error.js";
export { type Event, gapText } from "./event.js";
export type {
  ConnectOptions,
  From,
  HistoryOptions,
  HistoryPage,
  PresenceOptions,
  PresencePage,
  PublishOptions,
  Published,
  SubscribeOptions,
} from "./options.js";
export type { ErrorCode, GapReason } from "./protocol/codes.js";
export type { Encoding } from "./protocol/encode.js";
export type { Deliver, Gap, Member } from "./protocol/frame.js";
export type { Headers, Message } from "./protocol/message.js";
export type { PayloadKind } from "./protocol/payload.js";
export type { Position, StreamPosition } from "./protocol/position.js";
export type { State } from "./state.js";
export type { OnMessage, Subscription } from "./subscription.js";
export type { TokenSource } from "./token.js";
export type { Socket, SocketClass } from "./transport.js";
export { json } from "./value.js";

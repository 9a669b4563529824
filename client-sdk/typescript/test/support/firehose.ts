// A process that plays a broker: it welcomes, and sends so many messages as fast as they are read. Prints its port.

import type { AddressInfo } from "node:net";

import { type WebSocket, WebSocketServer } from "ws";

import { framesOf } from "./frames.js";

const count = Number(process.argv[2]);
const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  handleProtocols: ([first]) => first ?? false,
});
server.on("listening", () => console.log((server.address() as AddressInfo).port));
server.on("connection", (socket) => {
  const { welcome, subscribed, messages } = framesOf(
    socket.protocol.endsWith("msgpack") ? "msgpack" : "json",
  );
  let asked = 0;
  socket.on("message", () => {
    if (asked++ > 0) return;
    socket.send(welcome);
    socket.send(subscribed);
    pour(socket, messages, 0);
  });
});

/** A part at a time, so that what is not read waits here and not in memory. */
function pour(socket: WebSocket, messages: (string | Uint8Array)[], from: number): void {
  const until = Math.min(from + messages.length, count);
  for (let n = from; n < until - 1; n++) socket.send(messages[n % messages.length] ?? "");
  socket.send(messages[(until - 1) % messages.length] ?? "", () => {
    if (until < count) pour(socket, messages, until);
  });
}

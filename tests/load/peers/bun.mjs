// A broker of Bun's own means: its server keeps the topics and publishes (inside, it is uWebSockets).
//
// Text subscribes to the topic that it is. Bytes are published: the length of a topic, the topic, the rest.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("a WebSocket, please", { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    // An idle connection is to stay idle: the generator answers no heartbeat.
    idleTimeout: 0,
    sendPings: false,
    message(socket, data) {
      if (typeof data === "string") {
        socket.subscribe(data);
        socket.send(data);
      } else {
        server.publish(data.toString("utf8", 1, 1 + data[0]), data);
      }
    },
  },
});

console.log(`listening on ws://127.0.0.1:${server.port}/`);

// A broker as one writes it in an afternoon with the package ws: a map of topics, and a send for each subscriber.
//
// Text subscribes to the topic that it is. Bytes are published: the length of a topic, the topic, the rest.
import { WebSocketServer } from "ws";

const subscribers = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("listening", () => console.log(`listening on ws://127.0.0.1:${server.address().port}/`));

server.on("connection", (socket) => {
  const topics = new Set();
  socket.on("error", (error) => console.error(error.message));
  socket.on("message", (data, isBinary) => {
    if (isBinary) {
      publish(data);
    } else {
      topics.add(subscribe(socket, data.toString()));
    }
  });
  socket.on("close", () => topics.forEach((topic) => unsubscribe(socket, topic)));
});

function subscribe(socket, topic) {
  if (!subscribers.has(topic)) {
    subscribers.set(topic, new Set());
  }
  subscribers.get(topic).add(socket);
  socket.send(topic);
  return topic;
}

function unsubscribe(socket, topic) {
  const others = subscribers.get(topic);
  others.delete(socket);
  if (others.size === 0) {
    subscribers.delete(topic);
  }
}

function publish(data) {
  const topic = data.toString("utf8", 1, 1 + data[0]);
  for (const socket of subscribers.get(topic) ?? []) {
    socket.send(data);
  }
}

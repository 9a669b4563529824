import type { ClientFrame, History, Publish } from "../protocol/frame.js";
/** A request whose answer names its `id`; the session chooses that. */
export type Call = Omit<Publish, "id"> | Omit<History, "id"> | {
    op: "presence";
    topic: string;
};
/** Whether it may be sent again though the broker may have dealt with it: a question, or a message with a key. */
export declare function isRepeatable(call: Call): boolean;
export declare function frameOf(call: Call, id: number): ClientFrame;

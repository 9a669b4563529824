import type { ClientFrame, Hello } from "../protocol/frame.js";
/** Something that is asked of the broker, maybe more than once. Its frame is made when it is sent. */
export type Ask = {
    readonly sub: number;
} | {
    readonly request: number;
};
/** What waits to be sent: something to ask, or a frame that awaits no answer. */
export type Entry = Ask | {
    readonly plain: ClientFrame;
};
/** Frames that wait to be sent. */
export declare class Outbox {
    #private;
    push(entry: Entry): void;
    /** Asks again at this time. */
    pushLater(at: number, ask: Ask): void;
    /** The next frame, as far as frames may go out. */
    pop(welcome: boolean): Entry | undefined;
    /** Whether a frame may go out now. */
    hasSome(welcome: boolean): boolean;
    get length(): number;
    /** When something is to be asked again; never is infinite. */
    due(): number;
    /** Queues what is to be asked again by now. */
    tick(now: number): void;
    /** Forgets what is not to be asked any more; says whether it still waited. */
    remove(ask: Ask): boolean;
    /** Forgets what belonged to the connection that has ended, and keeps what is still to be sent. */
    disconnected(): void;
    /** Begins a connection: `hello`, then what was asked before and is asked again, then what waited. */
    connected(hello: Hello, subs: readonly number[], requests: readonly number[]): void;
    clear(): void;
}

import { type Backoff } from "../backoff.js";
import type { Closed } from "../closed.js";
import { type FanfareError } from "../error.js";
import type { Event } from "../event.js";
import { type Limits } from "../limits.js";
import type { Place } from "../place.js";
import type { ErrorCode } from "../protocol/codes.js";
import type { ClientFrame, Hello, ServerFrame, Subscribe, Welcome } from "../protocol/frame.js";
import type { Position } from "../protocol/position.js";
import type { Random } from "../random.js";
import type { Call } from "./call.js";
import { Liveness } from "./liveness.js";
import { Outbox } from "./outbox.js";
import { Refresh } from "./refresh.js";
import { Requests, type Waiting } from "./requests.js";
import { Subscription } from "./subscription.js";
/** What the session wants done, beside frames to be sent. */
export type Output<T> = 
/** The broker has let this client in. */
{
    readonly type: "welcomed";
    readonly welcome: Welcome;
}
/** A request has its answer, or has failed. */
 | {
    readonly type: "answer";
    readonly ticket: T;
    readonly answer: ServerFrame;
} | {
    readonly type: "failure";
    readonly ticket: T;
    readonly error: FanfareError;
}
/** A subscription begins at this place. */
 | {
    readonly type: "begin";
    readonly sub: number;
    readonly place: Place;
}
/** Something for the reader of a subscription. */
 | {
    readonly type: "deliver";
    readonly sub: number;
    readonly event: Event;
}
/** After what was delivered, a subscription stands at these heads. */
 | {
    readonly type: "advance";
    readonly sub: number;
    readonly heads: Position;
}
/** The broker ended a subscription. */
 | {
    readonly type: "unsubscribed";
    readonly sub: number;
    readonly code: ErrorCode | undefined;
}
/** The broker refused to resume a subscription. */
 | {
    readonly type: "not_resumed";
    readonly sub: number;
    readonly error: FanfareError;
}
/** The broker complains of something that awaited no answer. */
 | {
    readonly type: "complaint";
    readonly error: FanfareError;
}
/** The token expires soon: a new one is wanted. */
 | {
    readonly type: "token_wanted";
}
/** Send a close frame with this code after all frames, and go on reading. */
 | {
    readonly type: "goodbye";
    readonly code: number;
}
/** The connection has ended: drop it. The broker may have said when it wants this client back. */
 | {
    readonly type: "disconnected";
    readonly why: Closed;
    readonly returnAt: number | undefined;
}
/** The session is over: drop the connection. */
 | {
    readonly type: "ended";
    readonly why: Closed;
};
/** How far a session has come. */
type Phase = 
/** There is no connection. What is asked waits for the next one. */
{
    readonly at: "offline";
}
/** `hello` is under way, and with it the subscriptions; requests wait for the answer. */
 | {
    readonly at: "greeting";
    readonly until: number;
    readonly timeout: number;
}
/** The broker said `welcome`. */
 | {
    readonly at: "open";
}
/** The session is to end: first the answers under way, then the close frames of both sides. */
 | {
    readonly at: "closing";
    readonly why: Closed;
    readonly until: number;
    readonly saidGoodbye: boolean;
}
/** Nothing goes in or out any more. */
 | {
    readonly at: "ended";
    readonly why: Closed;
};
/** A client's session, over one connection after another. Pure: no socket, no clock, no timer. */
export declare class Session<T> {
    #private;
    phase: Phase;
    readonly requests: Requests<T>;
    readonly subscriptions: Map<number, Subscription>;
    readonly outbox: Outbox;
    readonly refresh: Refresh;
    readonly outputs: Output<T>[];
    readonly backoff: Backoff;
    readonly random: Random;
    liveness: Liveness;
    /** When the broker wants this client back. */
    returnAt: number | undefined;
    /** Begins a session that has no connection yet; `renewsToken` says whether another token can be had. */
    constructor(limits: Limits, random: Random, renewsToken: boolean);
    /**
     * There is a connection: says `hello`, resumes the subscriptions, and repeats the requests that can be repeated.
     * The broker must welcome this client by `until`.
     */
    connected(now: number, hello: Hello, until: number): void;
    /** Asks the broker; the ticket comes back with the answer. Its time counts from `asked`. */
    call(asked: number, call: Call, ticket: T): void;
    /** Opens a subscription; the ticket comes back when it is open. */
    subscribe(asked: number, subscribe: Subscribe, ticket: T): void;
    /** Ends a subscription. Nothing of it is delivered from here on. */
    unsubscribe(sub: number): void;
    /** Asks for a sign of life. */
    ping(asked: number, ticket: T): void;
    /** Forgets a request that was not sent yet; one that was is answered as if nothing had been. */
    cancel(ticket: T): void;
    /** Sends a frame that awaits no answer. */
    send(frame: ClientFrame): void;
    /** The time may have jumped, or the network changed: the broker must give a sign of life soon. */
    check(now: number): void;
    /** A new token is there. */
    renew(now: number, token: string): void;
    /** There was no token when one was wanted: asks again later, until the broker loses patience. */
    renewFailed(now: number, error: FanfareError): void;
    /** The pause that the broker wants or one that grows with each failure, whichever is longer. */
    pauseBefore(failures: number, error: FanfareError): number;
    /** The next thing to be done. */
    nextOutput(): Output<T> | undefined;
    /** How many requests await their answer. */
    get inFlight(): number;
    /** Whether the session takes requests. */
    isActive(): boolean;
    isConnected(): boolean;
    /** Whether the broker has let this client in, and the session is not about to end. */
    isOpen(): boolean;
    /** Whether the broker has let this client in, on this connection. */
    isWelcome(): boolean;
    /** Gives a ticket back; an answer to a request that has timed out is nobody's. */
    settle(request: Waiting<T> | undefined, answer: ServerFrame): void;
    /** Gives a ticket back with the reason why there is no answer. */
    fail(request: Waiting<T> | undefined, error: FanfareError): void;
}
export {};

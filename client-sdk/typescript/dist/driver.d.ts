import { FanfareError } from "./error.js";
import { Inbox } from "./inbox.js";
import { type Limits } from "./limits.js";
import type { Encoding } from "./protocol/encode.js";
import type { Publish, ServerFrame, Subscribe, Welcome } from "./protocol/frame.js";
import type { Random } from "./random.js";
import { type Policy } from "./reconnect.js";
import type { Call } from "./session/call.js";
import type { State } from "./state.js";
import { type TokenSource } from "./token.js";
import { type SocketClass } from "./transport.js";
/** What a driver needs to know. */
export interface Plan {
    readonly url: string;
    readonly encoding: Encoding;
    readonly name: string | undefined;
    readonly token: TokenSource | undefined;
    readonly Socket: SocketClass;
    readonly policy: Policy;
    readonly limits: Limits;
}
/** Comes back with the answer to a request. */
export interface Ticket {
    resolve(answer: ServerFrame): void;
    reject(error: FanfareError): void;
}
/** What hears of a session. */
export interface Owner {
    changed(state: State): void;
    complained(error: FanfareError): void;
}
/** The task of one client. */
export declare class Driver {
    #private;
    /** What the broker said when it let this client in the last time. */
    welcome: Welcome | undefined;
    constructor(plan: Plan, random: Random, owner: Owner);
    /** Asks the broker. */
    call(call: Call, ticket: Ticket): void;
    /** Asks for a sign of life. */
    ping(ticket: Ticket): void;
    /** Forgets a request that was not sent yet. */
    cancel(ticket: Ticket): void;
    /** Sends a message that awaits no answer. Throws if too many wait to be sent. */
    send(publish: Publish): void;
    /** Opens a subscription that fills a buffer; gives its number. */
    subscribe(subscribe: Omit<Subscribe, "op" | "sub">, inbox: Inbox, ticket: Ticket): number;
    /** Ends a subscription. */
    unsubscribe(sub: number, ticket: Ticket): void;
    /** Ends the session in good order. */
    close(): void;
}

import type { Place } from "../place.js";
import type { Session } from "./machine.js";
import type { Relief } from "./subscription.js";
/** How memory can be had from a subscription whose reader is slow. */
export declare function relief<T>(session: Session<T>, sub: number): Relief;
/** The reader of a subscription has enough: what follows this place is to come later, from its streams. */
export declare function pause<T>(session: Session<T>, sub: number, at: Place): void;
/** The reader of a subscription that was paused has room again. */
export declare function unpause<T>(session: Session<T>, sub: number): void;

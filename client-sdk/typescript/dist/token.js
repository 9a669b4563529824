// Where tokens come from: given once, or asked for before each connection and before one expires.
import { FanfareError } from "./error.js";
import { seconds } from "./closed.js";
/** The next token, if there is to be one; it must come within `timeout` milliseconds. */
export async function tokenOf(source, timeout) {
    if (typeof source !== "function")
        return source;
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`none came within ${seconds(timeout)}`)), timeout);
    });
    try {
        return await Promise.race([source(), late]);
    }
    catch (cause) {
        throw new FanfareError("token", `no token to connect with: ${String(cause)}`, { cause });
    }
    finally {
        clearTimeout(timer);
    }
}
//# sourceMappingURL=token.js.map
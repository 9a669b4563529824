// Finds values in JSON text without changing a character of them.
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+)/y;
/** The text of a value inside a JSON text that is known to be valid; `path` leads to it. */
export function jsonText(text, path) {
    let at = 0;
    const token = () => {
        TOKEN.lastIndex = at;
        const found = TOKEN.exec(text)?.[1] ?? "";
        at = TOKEN.lastIndex;
        return found;
    };
    /** Goes past a value, and gives its text. */
    const value = () => {
        let begin = -1;
        let depth = 0;
        do {
            const part = token();
            if (begin < 0)
                begin = at - part.length;
            if (part === "[" || part === "{")
                depth++;
            if (part === "]" || part === "}")
                depth--;
        } while (depth > 0);
        return text.slice(begin, at);
    };
    for (const step of path) {
        // The bracket, and then what stands before the one that is wanted.
        token();
        for (let item = 0;; item++) {
            const found = typeof step === "number" ? item : JSON.parse(token());
            if (typeof step === "string")
                token();
            if (found === step)
                break;
            value();
            token();
        }
    }
    return value();
}
//# sourceMappingURL=json_text.js.map
// Names of topics and patterns that a program gives, checked before anything is sent.
import { invalid } from "./error.js";
import { RULES, patternFault, topicFault } from "./protocol/names.js";
/** Throws if the text is no topic. */
export function checkTopic(topic) {
    check("topic", topic, topicFault(topic));
}
/** Throws if the text is no pattern. */
export function checkPattern(pattern) {
    check("pattern", pattern, patternFault(pattern));
}
function check(kind, name, rule) {
    if (rule !== undefined)
        throw invalid(`the ${kind} "${name}" is not valid (${rule}): ${RULES}`);
}
//# sourceMappingURL=names.js.map
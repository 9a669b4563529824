// Text as bytes.

/** Writes text as UTF-8. */
export const UTF8 = /* @__PURE__ */ new TextEncoder();

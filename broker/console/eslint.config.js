import sdk from "../../client-sdk/typescript/eslint.config.js";

// The rules of the SDK, read with the console's own types.
export default [
  ...sdk,
  {
    files: ["**/*.ts"],
    languageOptions: {
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
  },
];

import tseslint from "typescript-eslint";

/** Which room may see which: the table of docs/ARCHITECTURE.md. A room that is not named here may not be seen by others. */
const EDGES = {
  types: ["detect"],
  money: ["types"],
  detect: ["money", "types"],
  plan: ["types"],
  fill: ["plan", "types"],
  trust: ["api", "types"],
  api: [],
  nwc: [],
  ui: ["money", "types", "background", "api"],
  background: ["api", "detect", "money", "nwc", "trust", "types"],
  content: ["detect", "money", "fill", "types", "ui"],
  frame: ["detect", "fill", "types"],
};

/** Rooms that can be tried without a browser: they do not know that there is an extension. */
const PURE = ["types", "money", "detect", "plan", "fill", "trust", "api", "nwc"];

const edges = Object.entries(EDGES).map(([room, sees]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: Object.keys(EDGES)
          .filter((other) => other !== room && !sees.includes(other))
          .map((other) => ({ group: [`**/${other}/**`], message: `\`${room}\` may not see \`${other}\`.` })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "src/money/generated/"] },
  ...tseslint.configs.strict,
  { rules: { "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_", ignoreRestSiblings: true }] } },
  ...edges,
  {
    files: PURE.map((room) => `src/${room}/**/*.ts`),
    rules: { "no-restricted-globals": ["error", { name: "chrome", message: "This room knows of no extension." }] },
  },
  {
    files: ["src/money/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", { name: "chrome", message: "This room knows of no extension." }, { name: "parseFloat", message: "Amounts are integers." }],
      "no-restricted-properties": [
        "error",
        { object: "Number", property: "parseFloat", message: "Amounts are integers." },
        { object: "Math", property: "round", message: "Nothing is rounded: amounts are exact." },
        { property: "toFixed", message: "Amounts are printed from their integer." },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "BinaryExpression[operator='/'] > Literal[raw=/^[0-9.]+$/]", message: "Division of numbers makes fractions: use bigint." },
        { selector: "Literal[raw=/^[0-9]*\\.[0-9]+$/]", message: "No fractions near amounts." },
      ],
    },
  },
);

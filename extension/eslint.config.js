import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "src/money/generated/"] },
  ...tseslint.configs.strict,
  { rules: { "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }] } },
  {
    files: ["src/money/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", { name: "parseFloat", message: "Amounts are integers." }],
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

// Type-checked lint. The first rule is no-floating-promises: a promise nobody awaits is how drivers report success for work not done.
import tseslint from "typescript-eslint";

const restrict = (patterns) => ["error", { patterns }];
const group = (names, message) => ({ group: names, message });

export default tseslint.config(
  { ignores: ["node_modules/**", "dist/**", ".sandbox/**", "**/*.js", "**/*.mjs"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/require-await": "off",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["services/**"],
    rules: {
      "no-restricted-imports": restrict([
        group(
          ["@pulumi/*", "@pulumiverse/*", "**/components/**", "**/automation/**", "**/sandbox/**"],
          "services/ is data: it imports nothing of ours and no Pulumi.",
        ),
      ]),
    },
  },
  {
    files: ["automation/**", "components/**", "index.ts"],
    rules: {
      "no-restricted-imports": restrict([
        group(["**/sandbox/**", "**/test/**"], "No product code knows the sandbox: endpoints are settings."),
      ]),
    },
  },
  { files: ["test/**"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
);

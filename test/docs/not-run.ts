/** Which commands of the documentation are not run here, and why? The whole list: a new one must be put here on purpose. */

/** `PAGE: FIRST LINE (REASON)`, in the order of the pages. */
export const NOT_RUN: readonly string[] = [
  "README.md: npm run sandbox # the whole life of the credentials on the real Pulumi engine, against stand-ins on this machine (minutes long; each is run by other specs or is the specs)",
  "docs/adding-a-service.md: $ npx sophia-secrets services show acme (test/docs/adding-a-service.spec.ts runs it in a clone of its own)",
  "docs/adding-a-service.md: $ npx sophia-secrets import-env --env-file acme.env (test/docs/adding-a-service.spec.ts runs it in a clone of its own)",
  "docs/adding-a-service.md: $ npx sophia-secrets rotate --service acme --from-file new-key.json --grace 0 (test/docs/adding-a-service.spec.ts runs it in a clone of its own)",
  "docs/adding-a-service.md: $ npx sophia-secrets rotate --service acme --resume (test/docs/adding-a-service.spec.ts runs it in a clone of its own)",
  "docs/migration.md: ./sophia_secrets import-env --env-file .env --stack development (imports credentials of real services)",
  "docs/quick-start.md: git clone https://github.com/YOUR-ORGANIZATION/sophia-secrets.git (clones the repository)",
  "docs/quick-start.md: npm run sandbox (the whole tour, minutes long; test/end-to-end runs it)",
  "docs/quick-start.md: export SOPHIA_SNOWFLAKE_ADMIN_USER=SOPHIA_SECRETS (asks for tokens of real accounts)",
  "docs/quick-start.md: npm ci (logs in to Pulumi Cloud)",
  'docs/quick-start.md: cp .env.example .env && chmod 600 .env && "${EDITOR:-vi}" .env (an editor)',
  "docs/rotation.md: npx sophia-secrets rotate --service snowflake --service vercel --service estuary --due-only --yes --json > rotation.json (would rotate everything)",
  "docs/scale.md: npx sophia-secrets sync-github-org --visibility selected --repositories app-1,app-2 --dry-run (needs two hundred repositories; test/automation/cli/sync.spec.ts has them)",
  "docs/services/snowflake.md: pulumi config set sophia:snowflakeCredential key-pair --stack development (changes the settings of a stack)",
];

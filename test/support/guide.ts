/** What does the guide tell people to type, and which configuration does it show? Its lines, as quotations. */

/** The comment and the command of every line in the guide's shell blocks, in their order. */
export const GUIDE = [
  [
    "# Import secrets from .env file to Pulumi ESC",
    "./sophia_secrets.py import-env --env-file .env --stack development",
  ],
  [
    "# Export secrets from Pulumi ESC to .env file",
    "./sophia_secrets.py export-env --env-file .env.new --stack production",
  ],
  ["# Sync secrets to GitHub repository", "./sophia_secrets.py sync-github --repo payready/sophia"],
  ["# Sync secrets to GitHub organization", "./sophia_secrets.py sync-github-org --org payready"],
  ["# Rotate secrets for a specific service", "./sophia_secrets.py rotate --service snowflake"],
  ["# Audit secret usage and rotation status", "./sophia_secrets.py audit"],
  ["# Rotate all secrets", "./sophia_secrets.py rotate --service all"],
  ["# Rotate only Snowflake secrets", "./sophia_secrets.py rotate --service snowflake"],
  ["# Run the unified integration test", "./unified_integration_test.py"],
  ["# Test Snowflake connectivity", "python test_snowflake.py"],
  ["# Test Gong API", "python test_gong.py"],
  ["# Test Vercel deployment", "python test_vercel.py"],
  ["# Test Estuary data flow", "python test_estuary.py"],
] as const;

/** Of the lines above, comments and commands in turn, joined by line feeds: taken from the guide itself, so that none can be left out here. */
export const GUIDE_SHA256 = "624b1213c3da5efb4977ca2da22e1967abb902a969b7ddac7be79308e4249af7";

/** A command of the guide by the names of this tool: only the program's name changes. */
export function typedHere(command: string): string {
  return command
    .replace(/^\.\/sophia_secrets\.py\b/, "./sophia_secrets")
    .replace(/^\.\/unified_integration_test\.py$/, "./sophia_secrets test")
    .replace(/^python test_(\w+)\.py$/, "./sophia_secrets test $1 --deep");
}

/** The guide's four example configurations, one after the other. */
export const EXAMPLES = `SNOWFLAKE_ACCOUNT=payready
SNOWFLAKE_USER=sophia_service
SNOWFLAKE_PASSWORD=your-secure-password
SNOWFLAKE_WAREHOUSE=SOPHIA_WH
SNOWFLAKE_DATABASE=SOPHIA_DB
SNOWFLAKE_SCHEMA=PUBLIC
SNOWFLAKE_ROLE=SOPHIA_ROLE
GONG_API_KEY=your-gong-api-key
GONG_API_SECRET=your-gong-api-secret
GONG_ACCESS_KEY=your-gong-access-key
VERCEL_ACCESS_TOKEN=your-vercel-access-token
VERCEL_PROJECT_ID=prj_123456789
VERCEL_ORG_ID=team_123456789
VERCEL_TEAM_ID=team_123456789
ESTUARY_API_KEY=your-estuary-api-key
ESTUARY_API_URL=https://api.estuary.dev
`;

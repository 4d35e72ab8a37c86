/**
 * How do our components write the same secrets to many repositories? The Automation API with the components of the product, by one resource a secret
 * or by one a place. Usage: node github-sync.js FOLDER resources|batch, with GITHUB_API, GITHUB_OWNER and GITHUB_TOKEN in the environment.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const json = (folder: string, name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));

async function main([folder = ".", writer = "resources"]: readonly string[]): Promise<void> {
  const { GITHUB_API = "", GITHUB_OWNER: owner = "", GITHUB_TOKEN: token = "" } = process.env;
  const values = Object.entries(json(folder, "secrets.json") as Record<string, string>);
  const repositories = json(folder, "repositories.json") as string[];
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  const program = async () => {
    const { createGitHubPlace } = await import("../../components/github-place.js");
    const isBatch = writer === "batch";
    const providers = [isBatch ? await ourProvider(GITHUB_API, token) : await theirProvider(GITHUB_API, owner, token)];
    const variables = values.map(([name, value]) => ({ name, secret: true, value }));
    const writing = isBatch ? { batch: { owner, fingerprints: Object.fromEntries(values.map(markOf)) } } : {};
    for (const repository of repositories)
      createGitHubPlace({ kind: "repository", repository }, variables, writing, { providers });
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "bench", projectName: "sophia-bench", program },
    { workDir: join(folder, "pulumi"), envVars: { PULUMI_SKIP_UPDATE_CHECK: "true" } },
  );
  await stack.up({ color: "never", suppressOutputs: true, suppressProgress: true, parallel: 50, showSecrets: false });
}

async function ourProvider(api: string, token: string) {
  const { SophiaProvider } = await import("../../components/github-entries.js");
  return new SophiaProvider("sophia", { api, token });
}

async function theirProvider(api: string, owner: string, token: string) {
  const [pulumi, github] = await Promise.all([import("@pulumi/pulumi"), import("@pulumi/github")]);
  const access = { baseUrl: `${api}/`, owner, token: pulumi.secret(token), writeDelayMs: 0, parallelRequests: true };
  return new github.Provider("github", access);
}

/** A keyed fingerprint, as the program makes them. */
function markOf([name, value]: readonly [string, string]): [string, string] {
  return [name, createHmac("sha256", "bench").update(value).digest("hex").slice(0, 12)];
}

void main(process.argv.slice(2));

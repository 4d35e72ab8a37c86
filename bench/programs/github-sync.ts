/**
 * How does our component write the same secrets to many repositories? The Automation API with the components of the product, one resource a secret.
 * Usage: node github-sync.js FOLDER, with GITHUB_API, GITHUB_OWNER and GITHUB_TOKEN in the environment.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const json = (folder: string, name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));

async function main([folder = "."]: readonly string[]): Promise<void> {
  const { GITHUB_API = "", GITHUB_OWNER: owner = "", GITHUB_TOKEN: token = "" } = process.env;
  const values = Object.entries(json(folder, "secrets.json") as Record<string, string>);
  const repositories = json(folder, "repositories.json") as string[];
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  const program = async () => {
    const [{ createGitHubPlace }, pulumi, github] = await Promise.all([
      import("../../components/github-place.js"),
      import("@pulumi/pulumi"),
      import("@pulumi/github"),
    ]);
    const access = {
      baseUrl: `${GITHUB_API}/`,
      owner,
      token: pulumi.secret(token),
      writeDelayMs: 0,
      parallelRequests: true,
    };
    const providers = [new github.Provider("github", access)];
    const variables = values.map(([name, value]) => ({ name, secret: true, value }));
    for (const repository of repositories)
      createGitHubPlace({ kind: "repository", repository }, variables, { providers });
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "bench", projectName: "sophia-bench", program },
    { workDir: join(folder, "pulumi"), envVars: { PULUMI_SKIP_UPDATE_CHECK: "true" } },
  );
  await stack.up({ color: "never", suppressOutputs: true, suppressProgress: true, parallel: 50, showSecrets: false });
}

void main(process.argv.slice(2));

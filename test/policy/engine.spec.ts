/** Does Pulumi's engine ask the policy pack, and does our command line end with exit code 5 when a policy is broken? On the real engine. */
import assert from "node:assert/strict";
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

interface PreviewReport {
  readonly changes: readonly { readonly name: string }[];
  readonly violations?: readonly unknown[];
}

describe("a policy pack on the engine", function () {
  this.timeout(240_000);
  let sandbox: SpecSandbox;
  before(async () => void (sandbox = await startSpecSandbox()));
  after(() => sandbox?.dispose());

  /** The same stack with other settings. */
  const settings = async (change: (text: string) => string) => {
    const file = sandbox.variables.PULUMI_OPTION_CONFIG_FILE ?? "";
    const text = await readFile(file, "utf8");
    const folder = join(sandbox.folder, "changed");
    await mkdir(folder, { recursive: true });
    const changed = join(folder, "Pulumi.development.yaml");
    await writeFile(changed, change(text));
    return { PULUMI_OPTION_CONFIG_FILE: changed };
  };

  it("is kept by the stack as it is shipped, and asked in a preview before anything exists", async () => {
    const summary = join(sandbox.folder, "summary.md");
    const args = ["preview", "--policy-pack", "policy", "--summary", summary];
    const { code, json, ...rest } = await sandbox.cliJson<PreviewReport>(args);
    assert.equal(code, 0, said({ code, ...rest }));
    assert.ok(json.changes.length > 30);
    assert.deepEqual(json.violations, []);
    const text = await readFile(summary, "utf8");
    assert.match(
      text,
      /^### Preview of stack development\n\n\*\*\d+\*\* changed, 0 unchanged, [\d.]+ s\. All policies are kept\.\n/,
    );
    assert.match(text, /\| create \| `snowflake-role` \| `snowflake:index\/accountRole:AccountRole` \|/);
  });

  it("ends a preview with exit code 5 and names the policy, the resource and the remedy", async () => {
    const env = await settings((text) =>
      text.replace("config:\n", "config:\n  sophia:githubOrganizationVisibility: all\n"),
    );
    const summary = join(sandbox.folder, "broken.md");
    const args = ["preview", "--policy-pack", "policy", "--summary", summary];
    const { code, stdout, stderr } = await sandbox.cli(args, { env });
    assert.equal(code, 5, said({ code, stdout, stderr }));
    assert.match(stderr, /^error: pulumi preview of stack development was ended by its policies:$/m);
    assert.match(
      stderr,
      /^ {2}organization-GONG_API_SECRET: GONG_API_SECRET would be read by every repository of the organization: .* \(organization-secret-not-for-all\)$/m,
    );
    assert.match(
      await readFile(summary, "utf8"),
      /^### Preview of stack development: failed\n\nExit code 5, `stack\.policy`\.\n/,
    );
  });

  it("that is not there is refused before anything is asked", async () => {
    const { code, stderr } = await sandbox.cli(["preview", "--policy-pack", "services"]);
    assert.equal(code, 2);
    assert.match(stderr, /There is no policy pack in services; nothing was changed\./);
  });
});

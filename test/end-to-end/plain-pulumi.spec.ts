/** Do the Pulumi CLI's own verbs work in a checkout, with nothing but the sandbox's environment? */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { comparePlaces, placeFaults } from "../../sandbox/places";
import { CHECKOUT, said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

describe("the plain Pulumi CLI", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let untouched: Readonly<Record<string, string>>;
  let original: Remains;

  before(async () => {
    sandbox = await startSpecSandbox();
    untouched = await readTopLevel();
    original = remains(sandbox);
  });
  after(() => sandbox?.dispose());

  /** Runs a verb and returns what it printed. */
  async function pulumi(verb: string, ...words: string[]): Promise<string> {
    const result = await sandbox.pulumi([verb, "--non-interactive", "--color", "never", ...words]);
    assert.equal(result.code, 0, said(result));
    return result.stdout;
  }

  it("previews, and changes nothing by it", async () => {
    assert.match(await pulumi("preview"), /Resources:\n\s+\+ \d+ to create\n/);
    assert.deepEqual(remains(sandbox), original);
  });

  it("brings everything about", async () => {
    assert.match(await pulumi("up"), /Resources:\n\s+\+ \d+ created\n/);
    const places = await comparePlaces(sandbox, sandbox.session().settings, {});
    assert.deepEqual([places.length > 0, placeFaults(places)], [true, []]);
    const tested = await sandbox.cli(["test", "--output", "none"]);
    assert.equal(tested.code, 0, said(tested));
  });

  // A refresh reads the ciphertext of that one environment back: the provider's way. All else must come back as it was written.
  it("finds nothing changed by a refresh but the text of the environment that holds generated secrets", async () => {
    const output = await pulumi("refresh");
    assert.deepEqual(changedBy(output), ["esc-secrets"], output);
  });

  it("writes that text again, which is no new revision, and then has nothing to do", async () => {
    const revisions = sandbox.esc.revisions("sophia", "development-secrets").length;
    const output = await pulumi("up");
    assert.deepEqual(changedBy(output), ["esc-secrets"], output);
    assert.equal(sandbox.esc.revisions("sophia", "development-secrets").length, revisions);
    assert.match(await pulumi("preview", "--expect-no-changes"), /Resources:\n\s+\d+ unchanged\n/);
  });

  it("takes everything away again, and nothing that it did not make", async () => {
    assert.match(await pulumi("destroy"), /Resources:\n\s+- \d+ deleted\n/);
    assert.deepEqual(remains(sandbox), original);
  });

  it("leaves the checkout as it was: no salt, no lock file, nothing new", async () => {
    assert.deepEqual(await readTopLevel(), untouched);
  });

  it("asked the services for nothing that they do not know, and no other host at all", () => {
    assert.deepEqual(sandbox.unexpectedRequests(), []);
  });
});

/** The names of the resources that a run changed, by the CLI's lines (` ~  type name updated (0.1s) …`). */
function changedBy(output: string): string[] {
  const lines = output.matchAll(/^ [~+-]+ +\S+ (\S+) (?:updated|created|deleted|replaced)\b/gm);
  return [...new Set([...lines].map(([, name = ""]) => name))].sort();
}

type Remains = ReturnType<typeof remains>;

/** Everything that a stack could have left in the services. */
function remains({ esc, github, vercel, snowflake, estuary }: SpecSandbox) {
  const scope = { kind: "repository", repository: "sophia" } as const;
  return {
    esc: ["development", "development-secrets", "development-intake"].filter(
      (name) => esc.revisions("sophia", name).length > 0,
    ),
    github: [...github.secrets(scope).map(({ name }) => name), ...Object.keys(github.variables(scope))],
    vercel: [...vercel.variables("prj_123456789").map(({ key }) => key), ...vercel.tokens().map(({ name }) => name)],
    snowflake: [...snowflake.users(), ...snowflake.roles()].map(({ name }) => name),
    grants: snowflake.grants(),
    estuary: estuary.tokens().filter(({ revoked }) => !revoked),
  };
}

/** The files beside Pulumi.yaml with their content; those below are nobody's business but git's. */
async function readTopLevel(): Promise<Record<string, string>> {
  const files = (await readdir(CHECKOUT, { withFileTypes: true })).filter((entry) => entry.isFile());
  const contents = files.map(async ({ name }) => [name, await readFile(join(CHECKOUT, name), "utf8")] as const);
  return Object.fromEntries(await Promise.all(contents));
}

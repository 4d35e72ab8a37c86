/** What stands in the place of the actions of others? Each checks what it is given, and does what the real one would do for the job. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../support/sandbox";
import { type Double } from "./runner";

/** The policies at Pulumi that docs/ci.md tells a person to make: the team of each subject, and what that team may open and write in ESC. */
export interface PulumiPolicies {
  readonly teamOf: ReadonlyMap<string, string>;
  readonly mayOpen: ReadonlyMap<string, readonly string[]>;
  readonly mayWrite: ReadonlyMap<string, readonly string[]>;
}

/** Reads them of the page's two tables. */
export function readPolicies(): PulumiPolicies {
  const rows = readFileSync(join(CHECKOUT, "docs", "ci.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const named = (text = "") => [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
  const teams = rows.filter(([first = ""]) => first.startsWith("`sophia-secrets-"));
  const rightsOf = ([team = "", , rights = ""]: readonly string[]) => {
    const [, write = ""] = /write ([^;]+)/.exec(rights) ?? [];
    return { team: named(team)[0] ?? "", write: named(write), open: named(rights) };
  };
  const rights = teams.map(rightsOf);
  return {
    teamOf: new Map(
      rows
        .filter(([first = ""]) => first.startsWith("`repo:"))
        .map(([subject, team]) => [named(subject)[0] ?? "", named(team)[0] ?? ""]),
    ),
    mayOpen: new Map(rights.map(({ team, open }) => [team, open])),
    mayWrite: new Map(rights.map(({ team, write }) => [team, write])),
  };
}

/** The doubles, by action. `uploads` gets the names of the artifacts. */
export function createDoubles(
  workspace: string,
  pulumiToken: string,
  policies: PulumiPolicies,
  uploads: string[],
): Readonly<Record<string, Double>> {
  return {
    "actions/checkout": async (inputs, { permissions }) => {
      assert.equal(permissions.contents, "read");
      assert.equal(inputs["persist-credentials"], "false");
      assert.deepEqual(
        Object.keys(inputs).filter((name) => !["persist-credentials", "ref"].includes(name)),
        [],
      );
      if (inputs.ref !== undefined) assert.match(inputs.ref, /^[0-9a-f]{40}$/);
    },
    "actions/setup-node": async (inputs) => {
      assert.deepEqual(inputs, { "node-version": "20.20.2", "package-manager-cache": "false" });
    },
    "actions/upload-artifact": async ({
      name = "",
      path = "",
      "if-no-files-found": missing,
      "retention-days": days,
    }) => {
      assert.ok(Number(days) > 0 && Number(days) <= 90);
      const isThere = existsSync(join(workspace, path));
      if (!isThere) assert.equal(missing, "warn", `${path} is missing`);
      else uploads.push(name);
    },
    /** https://github.com/pulumi/auth-actions: GitHub's token for the environment's subject, exchanged for a Pulumi token of the team. */
    "pulumi/auth-actions": async (inputs, job) => {
      assert.equal(job.permissions["id-token"], "write");
      const { organization, scope, "requested-token-type": type, "token-expiration": seconds } = inputs;
      assert.equal(organization, "payready");
      assert.equal(type, "urn:pulumi:token-type:access_token:team");
      assert.ok(Number(seconds) > 0 && Number(seconds) <= 7200);
      const subject = `repo:payready/sophia-secrets:environment:${job.environment}`;
      assert.equal(
        scope,
        `team:${policies.teamOf.get(subject)}`,
        `${job.name} asks for another team than ${subject} may`,
      );
      job.exported.PULUMI_ACCESS_TOKEN = pulumiToken;
      return { "pulumi-access-token": pulumiToken };
    },
  };
}

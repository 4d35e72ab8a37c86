/** What is mended before an `up`, and whose lock is taken away? */
import assert from "node:assert/strict";
import { areAbandoned, parseLocks } from "../../automation/stack-lock";
import { planRepair } from "../../automation/stack-repair";
import { parseStackState, type StackResource } from "../../automation/stack-state";

const PARENT = "urn:pulumi:development::sophia::sophia:index:GitHubActionsSecrets";
const SECRET = "github:index/actionsSecret:ActionsSecret";

function resource(type: string, name: string, isHalfWritten = false): StackResource {
  return { urn: `${PARENT}$${type}::${name}`, type, name, isHalfWritten };
}

const secret = resource(SECRET, "sophia-GONG_API_KEY");
const refused = resource(SECRET, "sophia-GONG_API_SECRET", true);
const variable = resource("github:index/actionsVariable:ActionsVariable", "sophia-GONG_BASE_URL");
const user = resource("snowflake:index/legacyServiceUser:LegacyServiceUser", "snowflake-user-b", true);

describe("the repair before an up", () => {
  it("is nothing where the last run ended well", () => {
    assert.deepEqual(planRepair([secret, variable], {}), { forget: [], refresh: false, replace: [] });
  });

  it("forgets a GitHub secret whose write was refused, so that it is written again", () => {
    assert.deepEqual(planRepair([secret, refused], {}), { forget: [refused.urn], refresh: false, replace: [] });
  });

  it("looks first where something else is half written: to replace it could take away what consumers use", () => {
    assert.deepEqual(planRepair([user], {}), { forget: [], refresh: true, replace: [] });
  });

  it("touches nothing outside of the targets", () => {
    const targets = [`urn:pulumi:**::sophia:index:GitHubActionsSecrets$**::${secret.name}`];
    assert.deepEqual(planRepair([secret, refused, user], { targets }), { forget: [], refresh: false, replace: [] });
  });

  it("writes a secret again without the moment of absence that a replacement has", () => {
    const replace = [secret, variable].map(
      ({ name }) => `urn:pulumi:**::sophia:index:GitHubActionsSecrets$**::${name}`,
    );
    assert.deepEqual(planRepair([secret, refused, variable], { replace }), {
      forget: [secret.urn, refused.urn],
      refresh: false,
      replace: [replace[1]],
    });
  });

  it("knows a half-written resource by the errors that the engine keeps in the state", () => {
    const resources = [
      { urn: secret.urn, type: SECRET, id: "sophia:GONG_API_KEY" },
      { urn: refused.urn, type: SECRET, initErrors: ["422"] },
      { urn: variable.urn, type: variable.type, initErrors: null },
    ];
    const parsed = parseStackState({ deployment: { resources } as never });
    assert.deepEqual(
      parsed.map(({ id, isHalfWritten }) => [id, isHalfWritten]),
      [
        ["sophia:GONG_API_KEY", false],
        [undefined, true],
        [undefined, false],
      ],
    );
  });
});

describe("Pulumi's lock", () => {
  const line = (scheme: string, host: string, pid: number) =>
    `error: the stack is currently locked by 1 lock(s)\n  ${scheme}:///state/.pulumi/locks/x.json: created by ci@${host} (pid ${pid}) at 2026-11-23T09:00:00Z`;

  it("is read out of the CLI's refusal", () => {
    assert.deepEqual(parseLocks(`${line("file", "runner", 7)}\n${line("s3", "other", 8)}`), [
      { url: "file:///state/.pulumi/locks/x.json", owner: "runner:7" },
      { url: "s3:///state/.pulumi/locks/x.json", owner: "other:8" },
    ]);
    assert.deepEqual(parseLocks("conflict: another update is in progress"), []);
  });

  it("is taken away only when everybody who holds one is a dead process of this machine", () => {
    const hasEnded = (owner: string) => owner === "runner:7";
    assert.equal(areAbandoned(parseLocks(line("file", "runner", 7)), hasEnded), true);
    assert.equal(areAbandoned(parseLocks(line("file", "runner", 8)), hasEnded), false);
    assert.equal(areAbandoned(parseLocks(`${line("file", "runner", 7)}\n${line("file", "r", 9)}`), hasEnded), false);
  });

  it("is left alone in a bucket, where another machine of the same name may hold it, and where nobody is named", () => {
    assert.equal(
      areAbandoned(parseLocks(line("s3", "runner", 7)), () => true),
      false,
    );
    assert.equal(
      areAbandoned([], () => true),
      false,
    );
  });
});

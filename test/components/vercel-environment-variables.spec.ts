/** Does VercelEnvironmentVariables write one variable each, sensitive where it is secret? */
import assert from "node:assert/strict";
import * as vercel from "@pulumiverse/vercel";
import {
  VercelEnvironmentVariables,
  type VercelEnvironmentVariablesArgs,
} from "../../components/vercel-environment-variables";
import { record, Secret } from "../support/mocks";

const TYPE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable";
const ARGS: VercelEnvironmentVariablesArgs = {
  projectId: "prj_1",
  variables: [
    { name: "GONG_API_KEY", secret: true, value: "hush" },
    { name: "GONG_BASE_URL", secret: false, value: "https://api.gong.io" },
  ],
};
const make = (args: Partial<VercelEnvironmentVariablesArgs> = {}) =>
  record(() => {
    const provider = new vercel.Provider("explicit", { apiToken: "hush-token" });
    return new VercelEnvironmentVariables("vc", { ...ARGS, ...args }, { providers: [provider] }).names;
  });

describe("VercelEnvironmentVariables", () => {
  it("makes one variable each, sensitive where secret, for production and preview, by the given provider", async () => {
    const { resources, findResource, result } = await make();
    const shared = { projectId: "prj_1", targets: ["production", "preview"] };
    assert.deepEqual(findResource(TYPE, "vc-GONG_API_KEY").inputs, {
      ...{ ...shared, key: "GONG_API_KEY", sensitive: true, value: new Secret("hush") },
    });
    // The SDK marks every value as secret, also those of plain variables.
    assert.deepEqual(findResource(TYPE, "vc-GONG_BASE_URL").inputs, {
      ...{ ...shared, key: "GONG_BASE_URL", sensitive: false, value: new Secret("https://api.gong.io") },
    });
    const children = resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers"));
    assert.deepEqual(
      children.map(({ type, provider }) => [type, provider]),
      [
        [TYPE, "explicit"],
        [TYPE, "explicit"],
      ],
    );
    assert.deepEqual(result, ["GONG_API_KEY", "GONG_BASE_URL"]);
  });

  it("deletes before it replaces, because a name exists once, and never sends a write-only value", async () => {
    const { findResource } = await make();
    for (const name of ["vc-GONG_API_KEY", "vc-GONG_BASE_URL"]) {
      assert.equal(findResource(TYPE, name).deleteBeforeReplace, true);
      assert.ok(!("valueWo" in findResource(TYPE, name).inputs));
    }
  });

  it("writes to the targets that it is told", async () => {
    const { findResource } = await make({ targets: ["preview"] });
    assert.deepEqual(findResource(TYPE, "vc-GONG_API_KEY").inputs["targets"], ["preview"]);
  });
});

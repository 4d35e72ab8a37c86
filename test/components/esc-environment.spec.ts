/** Does EscEnvironment register the two environments and the tag, in an order in which no consumer reads what is not there yet? */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as pulumiservice from "@pulumi/pulumiservice";
import { EscEnvironment, type EscEnvironmentArgs } from "../../components/esc-environment";
import { Asset, record, Secret, type MockOptions } from "../support/mocks";

const ENVIRONMENT = "pulumiservice:index:Environment";
const TAG = "pulumiservice:index:EnvironmentVersionTag";
const ARGS: EscEnvironmentArgs = {
  organization: "payready",
  project: "sophia",
  environments: { intake: "dev-intake", secrets: "dev-secrets", published: "dev" },
  material: { gong: { b: { GONG_API_KEY: "hush-key" } } },
  fingerprintKey: "hush-fingerprint",
  variables: {
    GONG_API_KEY: { reference: "services.gong.slots.b.GONG_API_KEY" },
    GONG_BASE_URL: { text: "https://g" },
  },
};

function recordEsc(revisions: (name: string) => number = () => 7, args: Partial<EscEnvironmentArgs> = {}) {
  const outputs: NonNullable<MockOptions["outputs"]> = { [ENVIRONMENT]: (name) => ({ revision: revisions(name) }) };
  return record(
    () => {
      const provider = new pulumiservice.Provider("esc-provider", { accessToken: "hush-token" });
      const made = new EscEnvironment("esc", { ...ARGS, ...args }, { providers: [provider] });
      return { secrets: made.secretsRevision, published: made.publishedRevision };
    },
    { outputs },
  );
}

describe("EscEnvironment", () => {
  it("makes the secrets environment, its tag and the published environment, and nothing else", async () => {
    const { list } = await recordEsc();
    assert.deepEqual(list().slice(1).sort(), [
      `${ENVIRONMENT} esc-published`,
      `${ENVIRONMENT} esc-secrets`,
      `${TAG} esc-stable`,
      "sophia:index:EscEnvironment esc",
    ]);
  });

  it("hands the secrets over as a secret definition", async () => {
    const { findResource } = await recordEsc();
    const yaml =
      "values:\n  services:\n    gong:\n      slots:\n        b:\n          GONG_API_KEY:\n" +
      '            fn::secret: "hush-key"\n  fingerprintKey:\n    fn::secret: "hush-fingerprint"\n';
    assert.deepEqual(findResource(ENVIRONMENT, "esc-secrets").inputs, {
      organization: "payready",
      project: "sophia",
      name: "dev-secrets",
      yaml: new Secret(new Asset(yaml)),
    });
  });

  it("publishes references to the intake and to the tagged secrets, in clear, because nothing in it is secret", async () => {
    const { findResource } = await recordEsc();
    const yaml =
      "imports:\n  - sophia/dev-intake\n  - sophia/dev-secrets@stable\nvalues:\n  environmentVariables:\n" +
      "    GONG_API_KEY: ${services.gong.slots.b.GONG_API_KEY}\n    GONG_BASE_URL: 'https://g'\n" +
      "  pulumiConfig:\n    sophia:gongApiKey: ${environmentVariables.GONG_API_KEY}\n" +
      "    sophia:gongBaseUrl: ${environmentVariables.GONG_BASE_URL}\n";
    assert.deepEqual(findResource(ENVIRONMENT, "esc-published").inputs, {
      organization: "payready",
      project: "sophia",
      name: "dev",
      yaml: new Asset(yaml),
    });
  });

  it("moves the tag to the revision that was written before it publishes", async () => {
    const { findResource } = await recordEsc((name) => (name === "esc-secrets" ? 12 : 3));
    const tag = findResource(TAG, "esc-stable");
    assert.deepEqual(tag.inputs, {
      ...{ organization: "payready", project: "sophia", environment: "dev-secrets" },
      ...{ tagName: "stable", revision: 12 },
    });
    assert.deepEqual(tag.dependencies, ["esc-secrets"]);
    assert.deepEqual(findResource(ENVIRONMENT, "esc-published").dependencies, ["esc-stable"]);
  });

  it("gives both revisions", async () => {
    const { result } = await recordEsc((name) => (name === "esc-secrets" ? 12 : 3));
    assert.deepEqual(result, { secrets: 12, published: 3 });
  });

  it("speaks through the provider that it was given", async () => {
    const { resources } = await recordEsc();
    for (const { custom, type, provider } of resources) {
      if (custom && !type.startsWith("pulumi:providers")) assert.equal(provider, "esc-provider");
    }
  });

  it("keeps material secret that did not come marked", async () => {
    const { findResource } = await recordEsc(() => 1, { material: pulumi.output(ARGS.material) });
    assert.ok(findResource(ENVIRONMENT, "esc-secrets").inputs["yaml"] instanceof Secret);
  });

  for (const [lost, name] of [
    ["esc-secrets", "dev-secrets"],
    ["esc-published", "dev"],
  ]) {
    it(`stops with the command to run when ESC did not take the change of ${name}`, async () => {
      await assert.rejects(
        recordEsc((written) => (written === lost ? 0 : 5)),
        new RegExp(`environment ${name} \\(revision 0\\)\\. Run: pulumi refresh --yes && pulumi up`),
      );
    });
  }

  it("does not publish anything when the secrets were not taken", async () => {
    const seen: string[] = [];
    const attempt = recordEsc((name) => {
      seen.push(name);
      return 0;
    });
    await assert.rejects(attempt, /revision 0/);
    assert.deepEqual(seen, ["esc-secrets"]);
  });
});

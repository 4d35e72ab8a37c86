/** Does the whole program make what the settings and the intake say, and show nothing that is secret? */
import assert from "node:assert/strict";
import { evaluateEnvironment } from "../sandbox/esc/evaluation/evaluate";
import { plainValues } from "../sandbox/esc/evaluation/results";
import { type AutomationError } from "../automation/errors";
import { type Asset, plainTexts, Secret, type Recording } from "./support/mocks";
import { recordProgram, TEST_TOKENS } from "./support/program";
import { startTinyEsc, type TinyEsc } from "./support/tiny-esc";

const INTAKE = "development-intake";
const ENVIRONMENT = "pulumiservice:index:Environment";
const GITHUB_SECRET = "github:index/actionsSecret:ActionsSecret";
const GITHUB_VARIABLE = "github:index/actionsVariable:ActionsVariable";
const VERCEL_VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable";
const USER = "snowflake:index/legacyServiceUser:LegacyServiceUser";

const GONG = `
    gong:
      slots:
        a:
          GONG_API_KEY: {fn::secret: canary-gong-key}
          GONG_API_SECRET: {fn::secret: canary-gong-secret}
        b:
          GONG_API_KEY: {fn::secret: canary-gong-key-b}
          GONG_API_SECRET: {fn::secret: canary-gong-secret-b}`;
const EVERYTHING = ["SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_WAREHOUSE"].concat(
  ["SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA", "SNOWFLAKE_ROLE"],
  ["GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY", "GONG_BASE_URL"],
  ["VERCEL_ACCESS_TOKEN", "VERCEL_PROJECT_ID", "VERCEL_ORG_ID", "VERCEL_TEAM_ID", "ESTUARY_API_KEY", "ESTUARY_API_URL"],
);
const intakeOf = (rotation = "") => `values:\n  services:${GONG}\n${rotation === "" ? "" : `  rotation:\n${rotation}`}`;
const rotationOf = (current: string, slots: string, phase: string) =>
  ["snowflake", "gong", "vercel", "estuary"]
    .map((name) => `    ${name}: {current: ${current}, slots: ${slots}, phase: ${phase}}\n`)
    .join("");

describe("the program", () => {
  let esc: TinyEsc;
  beforeEach(async () => void (esc = await startTinyEsc()));
  afterEach(() => esc.close());

  const run = (intake: string, config?: Readonly<Record<string, unknown>>) => {
    esc.write(INTAKE, intake);
    return recordProgram(esc, config);
  };
  const named = (recording: Recording, type: string) =>
    recording.resources.filter((resource) => resource.type === type).map(({ name }) => name);
  const yamlOf = (recording: Recording, name: string): string => {
    const { yaml } = recording.findResource(ENVIRONMENT, name).inputs;
    const asset = yaml instanceof Secret ? yaml.value : yaml;
    return String((asset as Asset).text);
  };
  /** What a consumer gets who opens the published environment. */
  const opened = (recording: Recording): Record<string, unknown> => {
    const texts: Record<string, string> = {
      "sophia/development-intake": esc.text(INTAKE),
      "sophia/development-secrets@stable": yamlOf(recording, "esc-secrets"),
    };
    const source = (text: string) => ({ text, decrypt: () => undefined });
    const { value, diagnostics } = evaluateEnvironment(
      "sophia/development",
      source(yamlOf(recording, "esc-published")),
      {
        load: (name) => (texts[name] === undefined ? undefined : source(texts[name])),
      },
    );
    assert.deepEqual(diagnostics, []);
    return plainValues(value)["environmentVariables"] as Record<string, unknown>;
  };

  it("makes exactly what the development stack owns", async () => {
    const recording = await run(intakeOf());
    const counts: Record<string, number> = {};
    for (const { type } of recording.resources) counts[type] = (counts[type] ?? 0) + 1;
    assert.deepEqual(counts, {
      "pulumi:providers:pulumiservice": 1,
      "pulumi:providers:github": 1,
      "pulumi:providers:snowflake": 1,
      "pulumi:providers:vercel": 1,
      "sophia:index:CredentialSlots": 4,
      "sophia:index:SnowflakeServiceUser": 1,
      "sophia:index:EscEnvironment": 1,
      "sophia:index:GitHubActionsSecrets": 1,
      "sophia:index:VercelEnvironmentVariables": 1,
      // A password for slot a and the key of the fingerprints.
      "random:index/randomPassword:RandomPassword": 2,
      "vercel:index/userToken:UserToken": 1,
      "pulumi-nodejs:dynamic/credentials:EstuaryToken": 1,
      "snowflake:index/warehouse:Warehouse": 1,
      "snowflake:index/database:Database": 1,
      "snowflake:index/accountRole:AccountRole": 1,
      "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole": 3,
      "snowflake:index/grantAccountRole:GrantAccountRole": 1,
      [USER]: 1,
      [ENVIRONMENT]: 2,
      "pulumiservice:index:EnvironmentVersionTag": 1,
      [GITHUB_SECRET]: 6,
      [GITHUB_VARIABLE]: 11,
      [VERCEL_VARIABLE]: 13,
    });
  });

  it("publishes every declared variable with its value, to each reader the same one", async () => {
    const recording = await run(intakeOf());
    const values = opened(recording);
    assert.deepEqual(Object.keys(values).sort(), [...EVERYTHING].sort());
    assert.equal(values["SNOWFLAKE_USER"], "SOPHIA_SERVICE");
    assert.equal(values["SNOWFLAKE_PASSWORD"], "canary-password-snowflake-a-password");
    assert.equal(values["GONG_ACCESS_KEY"], "canary-gong-key");
    assert.equal(values["VERCEL_ORG_ID"], "team_1");
    assert.equal(values["ESTUARY_API_URL"], "https://api.estuary.dev");
    for (const { type, name, inputs } of recording.resources) {
      if (![GITHUB_SECRET, GITHUB_VARIABLE, VERCEL_VARIABLE].includes(type)) continue;
      const { value } = inputs;
      assert.equal(value instanceof Secret ? value.value : value, values[name.split("-").at(-1) ?? ""], name);
    }
  });

  it("gives Vercel neither its own token nor its own ids", async () => {
    const names = named(await run(intakeOf()), VERCEL_VARIABLE);
    assert.deepEqual(
      names.filter((name) => name.startsWith("vercel-VERCEL_")),
      [],
    );
  });

  it("puts no controlling token at any destination", async () => {
    const { resources } = await run(intakeOf());
    for (const { type, name, inputs } of resources.filter(
      (resource) => !resource.type.startsWith("pulumi:providers"),
    )) {
      const tokens = /canary-(github|vercel|estuary)-token|canary-snowflake-password|pul-tiny-token/;
      assert.ok(!tokens.test(JSON.stringify(inputs)), `${type} ${name}`);
    }
  });

  it("gives each provider its address, its identity and its token as a secret", async () => {
    const { findResource } = await run(intakeOf(), { vercelTeam: "team_9" });
    assert.deepEqual(findResource("pulumi:providers:pulumiservice", "esc").inputs, {
      accessToken: new Secret("pul-tiny-token"),
      apiUrl: esc.url,
    });
    assert.deepEqual(findResource("pulumi:providers:github", "github").inputs, {
      ...{ baseUrl: "https://api.github.com/", owner: "payready", token: new Secret("canary-github-token") },
      writeDelayMs: "1000",
    });
    const { inputs } = findResource("pulumi:providers:vercel", "vercel");
    assert.deepEqual(inputs, { apiToken: new Secret("canary-vercel-token"), team: "team_9" });
    const snowflake = findResource("pulumi:providers:snowflake", "snowflake").inputs;
    assert.equal(snowflake["user"], "SOPHIA_ADMIN");
    assert.equal(snowflake["role"], "ACCOUNTADMIN");
    assert.deepEqual(snowflake["password"], new Secret("canary-snowflake-password"));
  });

  it("has GitHub's provider keep the limits of whose server it is", async () => {
    const delayAt = async (api: string) => {
      process.env.SOPHIA_GITHUB_URL = api;
      try {
        return (await run(intakeOf())).findResource("pulumi:providers:github", "github").inputs["writeDelayMs"];
      } finally {
        delete process.env.SOPHIA_GITHUB_URL;
      }
    };
    assert.equal(await delayAt("https://api.payready.ghe.com"), "1000");
    assert.equal(await delayAt("https://github.payready.com/api/v3"), "0");
  });

  it("lets Snowflake's driver give up: without a limit it asks for ever, and the lock is held", async () => {
    const { findResource } = await run(intakeOf());
    const { inputs } = findResource("pulumi:providers:snowflake", "snowflake");
    for (const limit of ["requestTimeout", "loginTimeout", "clientTimeout"]) assert.equal(inputs[limit], "60", limit);
    assert.equal(inputs["maxRetryCount"], "4");
  });

  it("gives out names, revisions and fingerprints, and no secret in any form", async () => {
    const { result } = await run(intakeOf());
    assert.deepEqual(Object.keys(result).sort(), [
      ...["destinations", "environment", "fingerprints", "missing", "publishedRevision", "secretsRevision"],
    ]);
    assert.equal(result["environment"], "payready/sophia/development");
    assert.deepEqual(result["missing"], []);
    assert.deepEqual([result["secretsRevision"], result["publishedRevision"]], [3, 3]);
    const destinations = result["destinations"] as Record<string, string[]>;
    assert.deepEqual(destinations["esc"], EVERYTHING);
    const fingerprints = result["fingerprints"] as Record<string, string>;
    assert.deepEqual(Object.keys(fingerprints), EVERYTHING);
    for (const print of Object.values(fingerprints)) assert.match(print, /^[0-9a-f]{12}$/);
    assert.equal(fingerprints["GONG_ACCESS_KEY"], fingerprints["GONG_API_KEY"]);
    assert.notEqual(fingerprints["GONG_API_SECRET"], fingerprints["GONG_API_KEY"]);
    assert.ok(!/canary|pul-tiny/.test(JSON.stringify(result)));
  });

  it("marks every secret as one on its way to the engine, and names nothing after one", async () => {
    const { resources } = await run(intakeOf());
    for (const { type, name, urn, inputs, outputs } of resources) {
      const shown = [name, urn, ...plainTexts(inputs), ...plainTexts(outputs)].join("\n");
      assert.ok(!/canary|pul-tiny/.test(shown), `${type} ${name}`);
    }
    assert.ok(/canary/.test(JSON.stringify(resources)), "the marked values are there to be found");
  });

  it("makes the pending credential beside the current one while a rotation is staged, and publishes the current one", async () => {
    const recording = await run(intakeOf(rotationOf("a", "{a: {generation: 1}, b: {generation: 2}}", "staged")));
    assert.deepEqual(named(recording, USER), ["snowflake-user-a", "snowflake-user-b"]);
    assert.equal(named(recording, "vercel:index/userToken:UserToken").length, 2);
    const values = opened(recording);
    assert.equal(values["SNOWFLAKE_USER"], "SOPHIA_SERVICE");
    assert.equal(values["VERCEL_ACCESS_TOKEN"], "canary-bearer-vercel-a-token");
    assert.equal(values["GONG_API_KEY"], "canary-gong-key");
    assert.match(yamlOf(recording, "esc-secrets"), /canary-password-snowflake-b-password/);
  });

  it("changes nothing that a consumer reads when a rotation is staged", async () => {
    const before = await run(intakeOf());
    const after = await run(intakeOf(rotationOf("a", "{a: {generation: 1}, b: {generation: 2}}", "staged")));
    const readable = ({ resources }: Recording) =>
      resources
        .filter(({ type }) => [GITHUB_SECRET, GITHUB_VARIABLE, VERCEL_VARIABLE].includes(type))
        .map(({ urn, inputs }) => [urn, inputs]);
    assert.deepEqual(new Map(readable(after) as [string, unknown][]), new Map(readable(before) as [string, unknown][]));
    assert.equal(yamlOf(after, "esc-published"), yamlOf(before, "esc-published"));
  });

  it("publishes slot b to every reader once it is promoted, with slot a still alive", async () => {
    const recording = await run(intakeOf(rotationOf("b", "{a: {generation: 1}, b: {generation: 2}}", "promoted")));
    assert.deepEqual(named(recording, USER), ["snowflake-user-a", "snowflake-user-b"]);
    const values = opened(recording);
    assert.equal(values["SNOWFLAKE_USER"], "SOPHIA_SERVICE_ALT");
    assert.equal(values["SNOWFLAKE_PASSWORD"], "canary-password-snowflake-b-password");
    assert.equal(values["GONG_API_KEY"], "canary-gong-key-b");
    assert.equal(values["GONG_ACCESS_KEY"], "canary-gong-key-b");
    assert.deepEqual(
      recording.findResource(GITHUB_SECRET, "sophia-SNOWFLAKE_PASSWORD").inputs["value"],
      new Secret("canary-password-snowflake-b-password"),
    );
    assert.equal(
      recording.findResource(GITHUB_VARIABLE, "sophia-SNOWFLAKE_USER").inputs["value"],
      "SOPHIA_SERVICE_ALT",
    );
  });

  it("lets the retired slot go, everywhere", async () => {
    const slots = "{a: {generation: 1, retired: true}, b: {generation: 2}}";
    const recording = await run(intakeOf(rotationOf("b", slots, "retiring")));
    assert.deepEqual(named(recording, USER), ["snowflake-user-b"]);
    assert.deepEqual(named(recording, "vercel:index/userToken:UserToken"), ["vercel-b-token"]);
    assert.deepEqual(named(recording, "pulumi-nodejs:dynamic/credentials:EstuaryToken"), ["estuary-b-token"]);
    assert.ok(!yamlOf(recording, "esc-secrets").includes("        a:"));
    assert.equal(opened(recording)["SNOWFLAKE_USER"], "SOPHIA_SERVICE_ALT");
  });

  it("lists what nobody has provided yet as missing, and publishes the rest", async () => {
    const recording = await run("values: {}\n");
    const missing = ["GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY"];
    assert.deepEqual(recording.result["missing"], missing);
    const expected = EVERYTHING.filter((name) => !missing.includes(name));
    assert.deepEqual(Object.keys(opened(recording)).sort(), expected.sort());
    for (const name of missing) assert.ok(!recording.list().some((line) => line.endsWith(`-${name}`)), name);
  });

  it("takes a plain value from the stack's configuration before the intake, and that before the default", async () => {
    const intake = "values: {services: {gong: {settings: {GONG_BASE_URL: https://us-1.api.gong.io}}}}\n";
    const baseUrl = async (text: string, config = {}) => opened(await run(text, config))["GONG_BASE_URL"];
    assert.equal(await baseUrl(intake, { gongBaseUrl: "https://c.example" }), "https://c.example");
    assert.equal(await baseUrl(intake), "https://us-1.api.gong.io");
    assert.equal(await baseUrl("values: {}"), "https://api.gong.io");
  });

  it("counts an empty value as missing, which destinations would drop without a word", async () => {
    const empty = 'values: {services: {gong: {settings: {GONG_BASE_URL: ""}}}}\n';
    assert.equal(opened(await run(empty))["GONG_BASE_URL"], "https://api.gong.io");
  });

  it("refuses a controlling token that somebody imported as a credential, and never says it", async () => {
    const token = TEST_TOKENS["SOPHIA_VERCEL_CONTROL_TOKEN"] ?? "";
    const intake = `values: {services: {vercel: {slots: {a: {VERCEL_ACCESS_TOKEN: {fn::secret: ${token}}}}}}}\n`;
    await assert.rejects(run(intake), (error: Error) => {
      assert.match(error.message, /VERCEL_ACCESS_TOKEN of vercel, slot a, is a controlling token/);
      return !error.message.includes(token);
    });
  });

  it("takes Snowflake names in any case and uses them in upper case, as programs find them", async () => {
    const recording = await run(intakeOf(), { snowflakeRole: "sophia_role", snowflakeWarehouse: "wh" });
    const { name } = recording.findResource("snowflake:index/accountRole:AccountRole", "snowflake-role").inputs;
    assert.equal(name, "SOPHIA_ROLE");
    assert.equal(opened(recording)["SNOWFLAKE_WAREHOUSE"], "WH");
  });

  it("writes keys of a .env that no service declares nowhere", async () => {
    const recording = await run("values: {services: {other: {settings: {SOME_KEY: {fn::secret: canary-other}}}}}\n");
    assert.ok(!JSON.stringify([recording.resources, recording.result]).includes("canary-other"));
    assert.ok(!recording.list().some((line) => line.includes("SOME_KEY")));
  });

  it("writes to the places that the intake adds too, and to none of them twice", async () => {
    const added = "  destinations:\n    github:\n      repositories: [sophia-web, Sophia]\n";
    const more = "      environments: {sophia: [production]}\n      organization: {visibility: all}\n";
    const recording = await run(`${intakeOf()}${added}${more}`);
    assert.equal(named(recording, GITHUB_SECRET).length, 12);
    const environment = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret";
    assert.ok(named(recording, environment).includes("sophia/production-GONG_API_KEY"));
    const organization = "github:index/actionsOrganizationSecret:ActionsOrganizationSecret";
    const { inputs } = recording.findResource(organization, "organization-GONG_API_KEY");
    assert.equal(inputs["visibility"], "all");
  });

  it("writes to every repository and to the organization where they are set", async () => {
    const recording = await run(intakeOf(), {
      githubRepositories: ["sophia", "sophia-web"],
      githubOrganizationVisibility: "selected",
      githubOrganizationRepositories: ["sophia"],
    });
    assert.equal(named(recording, GITHUB_SECRET).length, 12);
    assert.equal(named(recording, "github:index/actionsOrganizationSecret:ActionsOrganizationSecret").length, 6);
    const orgVariable = "github:index/actionsOrganizationVariable:ActionsOrganizationVariable";
    assert.deepEqual(
      recording.findResource(orgVariable, "organization-SNOWFLAKE_ROLE").inputs["selectedRepositoryIds"],
      [7],
    );
  });

  for (const broken of [
    USER,
    "vercel:index/userToken:UserToken",
    "snowflake:index/grantAccountRole:GrantAccountRole",
  ]) {
    it(`writes to no destination when a ${broken.split(":").at(-1)} could not be made`, async () => {
      const written: string[] = [];
      const note = (name: string) => {
        written.push(name);
        return {};
      };
      const failing = () => {
        throw new Error("the service refused it");
      };
      const watched = [GITHUB_SECRET, GITHUB_VARIABLE, VERCEL_VARIABLE].map((type) => [type, note] as const);
      const environment = (name: string) => ({ ...note(name), revision: 3 });
      const outputs = { ...Object.fromEntries(watched), [ENVIRONMENT]: environment, [broken]: failing };
      esc.write(INTAKE, intakeOf());
      await assert.rejects(recordProgram(esc, {}, outputs), /the service refused it/);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(written, []);
    });
  }

  it("stops with the command to run when there is no intake, and registers nothing", async () => {
    await assert.rejects(recordProgram(esc), (error: AutomationError) => {
      assert.equal(error.code, "intake.missing");
      assert.match(error.hint ?? "", /import-env/);
      return true;
    });
  });
});

describe("every component", () => {
  it("registers its outputs, and nothing stands outside a component but providers, components and the fingerprints' key", async () => {
    const esc = await startTinyEsc();
    try {
      esc.write(INTAKE, intakeOf());
      const { resources } = await recordProgram(esc, { githubOrganizationVisibility: "all" });
      const components = resources.filter(({ custom }) => !custom);
      assert.equal(new Set(components.map(({ type }) => type)).size, 6);
      // The SDK registers an empty set where a component does not call it.
      for (const { type, name, outputs = {} } of components) {
        assert.ok(Object.keys(outputs).length > 0, `${type} ${name} calls registerOutputs`);
      }
      const orphans = resources.filter(({ custom, parent }) => custom && parent === undefined);
      assert.deepEqual(orphans.map(({ name }) => name).sort(), [
        "esc",
        "fingerprint-key",
        "github",
        "snowflake",
        "vercel",
      ]);
      for (const { parent, name } of resources) {
        const owner = resources.find((resource) => `${resource.type} ${resource.name}` === parent);
        if (parent) assert.ok(owner && !owner.custom && name.startsWith(owner.name), `${name} belongs to ${parent}`);
      }
    } finally {
      await esc.close();
    }
  });
});

/** Does each rule of the policy pack catch what breaks it, and let the right thing through? */
import assert from "node:assert/strict";
import { type Resource, type Rule, type RuleSettings } from "../../policy/rule";
import { rules } from "../../policy/rules";
import { Asset, Secret, type RecordedResource } from "../support/mocks";
import { recordProgram } from "../support/program";
import { startTinyEsc } from "../support/tiny-esc";

type Properties = Readonly<Record<string, unknown>>;
/** A resource in a line: type, properties, and where it is. */
type Case = readonly [
  type: string,
  properties: Properties,
  place?: { name?: string; stack?: string; parents?: string },
];

const resourceOf = ([type, properties, place = {}]: Case): Resource => {
  const { name = "some", stack = "development", parents = "" } = place;
  return { type, name, urn: `urn:pulumi:${stack}::sophia::${parents}${type}::${name}`, properties };
};

const SLOTS = "sophia:index:CredentialSlots$";
const VARIABLE = "github:index/actionsVariable:ActionsVariable";
const ENTRIES = "sophia:github:Entries";
const ORGANIZATION_SECRET = "github:index/actionsOrganizationSecret:ActionsOrganizationSecret";
const VERCEL = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable";
const VERCEL_BATCH = "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables";
const ENVIRONMENT = "pulumiservice:index:Environment";
const GRANT = "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole";
const ROLE_GRANT = "snowflake:index/grantAccountRole:GrantAccountRole";
const LEGACY_USER = "snowflake:index/legacyServiceUser:LegacyServiceUser";
const SERVICE_USER = "snowflake:index/serviceUser:ServiceUser";
const TOKEN = "vercel:index/userToken:UserToken";
const yaml = (leaf: string) => ({ yaml: `values:\n  environmentVariables:\n    SNOWFLAKE_PASSWORD: ${leaf}\n` });
const production = { stack: "production" };

/** By rule: what it must catch, with a piece of what it says, and what it must not. */
const CASES: Readonly<
  Record<string, { breaks: readonly (readonly [Case, string])[]; keeps: readonly Case[]; settings?: RuleSettings }>
> = {
  "github-variable-not-secret": {
    breaks: [
      [[VARIABLE, { variableName: "SNOWFLAKE_PASSWORD" }], "SNOWFLAKE_PASSWORD"],
      [[VARIABLE.replaceAll("ctionsV", "ctionsEnvironmentV"), { variableName: "gong_api_secret" }], "gong_api_secret"],
      [[VARIABLE.replaceAll("ctionsV", "ctionsOrganizationV"), { variableName: "ESTUARY_API_KEY" }], "Actions secret"],
      // A name that the Python tools used is as secret as the one of today.
      [[VARIABLE, { variableName: "VERCEL_API_TOKEN" }], "VERCEL_API_TOKEN"],
      [[ENTRIES, { wanted: { GONG_API_SECRET: { kind: "variable" } } }], "GONG_API_SECRET"],
    ],
    keeps: [
      [ENTRIES, { wanted: { GONG_API_SECRET: { kind: "secret" }, SNOWFLAKE_USER: { kind: "variable" } } }],
      [ENTRIES, {}],
      [VARIABLE, { variableName: "SNOWFLAKE_USER" }],
      [VARIABLE, {}],
      ["github:index/actionsSecret:ActionsSecret", { secretName: "SNOWFLAKE_PASSWORD" }],
    ],
  },
  "vercel-secret-is-sensitive": {
    breaks: [
      [[VERCEL, { key: "SNOWFLAKE_PASSWORD", sensitive: false }], "sensitive"],
      [[VERCEL, { key: "SNOWFLAKE_PASSWORD" }], "sensitive"],
      [
        [VERCEL_BATCH, { variables: [{ key: "GONG_API_KEY", sensitive: true }, { key: "GONG_API_SECRET" }] }],
        "GONG_API_SECRET",
      ],
    ],
    keeps: [
      [VERCEL, { key: "SNOWFLAKE_PASSWORD", sensitive: true }],
      [VERCEL, { key: "SNOWFLAKE_USER", sensitive: false }],
      [VERCEL_BATCH, { variables: [{ key: "GONG_API_SECRET", sensitive: true }, { key: "GONG_BASE_URL" }] }],
    ],
  },
  "esc-secret-is-encrypted": {
    breaks: [
      [[ENVIRONMENT, yaml("hunter2hunter2")], "values.environmentVariables.SNOWFLAKE_PASSWORD"],
      [[ENVIRONMENT, yaml("{fn::toBase64: hunter2hunter2}")], "fn::secret"],
      [[ENVIRONMENT, yaml("prefix-${a.b}")], "in clear"],
      [[ENVIRONMENT, { yaml: "values: {pulumiConfig: {'sophia:snowflakePassword': x1}}" }], "sophia:snowflakePassword"],
      [
        [ENVIRONMENT, { yaml: "values: {services: {gong: {slots: {a: {GONG_API_SECRET: 5}}}}}" }],
        "slots.a.GONG_API_SECRET",
      ],
    ],
    keeps: [
      [ENVIRONMENT, yaml("{fn::secret: hunter2hunter2}")],
      [ENVIRONMENT, yaml("{fn::fromBase64: {fn::secret: aHVudGVyMg==}}")],
      [ENVIRONMENT, yaml("${services.snowflake.slots.a.SNOWFLAKE_PASSWORD}")],
      [ENVIRONMENT, { yaml: "values: {environmentVariables: {SNOWFLAKE_USER: SOPHIA}}" }],
      // Not known before the first `up`.
      [ENVIRONMENT, {}],
      [ENVIRONMENT, { yaml: "a: [" }],
    ],
  },
  "organization-secret-not-for-all": {
    settings: { allowed: ["GONG_API_KEY"] },
    breaks: [
      [[ORGANIZATION_SECRET, { secretName: "GONG_API_SECRET", visibility: "all" }], "policy/config.json"],
      [[ENTRIES, { wanted: { GONG_API_SECRET: { kind: "secret" } }, visibility: "all" }], "GONG_API_SECRET"],
    ],
    keeps: [
      [ENTRIES, { wanted: { GONG_API_SECRET: { kind: "secret" } }, visibility: "private" }],
      [
        ENTRIES,
        { wanted: { GONG_API_KEY: { kind: "secret" }, GONG_BASE_URL: { kind: "variable" } }, visibility: "all" },
      ],
      [ORGANIZATION_SECRET, { secretName: "GONG_API_KEY", visibility: "all" }],
      [ORGANIZATION_SECRET, { secretName: "GONG_API_SECRET", visibility: "private" }],
      [ORGANIZATION_SECRET, { secretName: "GONG_API_SECRET", visibility: "selected" }],
    ],
  },
  "snowflake-no-administrator": {
    breaks: [
      [[ROLE_GRANT, { roleName: "ACCOUNTADMIN", userName: "SOPHIA" }], "ACCOUNTADMIN"],
      [[ROLE_GRANT, { roleName: '"securityadmin"', userName: "SOPHIA" }], "SECURITYADMIN"],
      [[SERVICE_USER, { defaultRole: "SYSADMIN" }], "SYSADMIN"],
    ],
    keeps: [
      [ROLE_GRANT, { roleName: "SOPHIA_ROLE", userName: "SOPHIA" }],
      [LEGACY_USER, { defaultRole: "SOPHIA_ROLE" }],
    ],
  },
  "snowflake-no-ownership": {
    breaks: [
      [[GRANT, { privileges: ["USAGE", "ownership"] }], "OWNERSHIP"],
      [[GRANT, { privileges: ["MANAGE GRANTS"] }], "MANAGE GRANTS"],
      [[GRANT, { allPrivileges: true }], "all privileges"],
      [[GRANT, { privileges: ["USAGE"], withGrantOption: true }], "withGrantOption"],
      [["snowflake:index/grantOwnership:GrantOwnership", {}], "ownership"],
    ],
    keeps: [
      [GRANT, { privileges: ["USAGE", "SELECT"] }],
      [GRANT, { privileges: ["USAGE"], allPrivileges: false, withGrantOption: false }],
    ],
  },
  "snowflake-no-password-in-production": {
    breaks: [
      [[LEGACY_USER, { name: "SOPHIA", password: "x" }, production], "SOPHIA would log in by a password"],
      [[LEGACY_USER, {}, production], "key-pair"],
      [["snowflake:index/user:User", { password: "x" }, production], "password"],
    ],
    keeps: [
      [LEGACY_USER, { password: "x" }],
      [SERVICE_USER, { rsaPublicKey: "MII" }, production],
      ["snowflake:index/user:User", {}, production],
    ],
  },
  "credential-in-a-slot": {
    breaks: [
      [[TOKEN, { name: "t" }, { name: "vercel-token", parents: SLOTS }], "vercel-token"],
      [[TOKEN, { name: "t" }, { name: "vercel-a-token" }], "vercel-a-token"],
      [["pulumi-nodejs:dynamic/credentials:EstuaryToken", {}, { name: "estuary-token" }], "in no slot"],
      [[LEGACY_USER, {}, { name: "reporting-user" }], "reporting-user"],
    ],
    keeps: [
      [TOKEN, { name: "t" }, { name: "vercel-a-token", parents: SLOTS }],
      [LEGACY_USER, {}, { name: "snowflake-user-b", parents: `${SLOTS}sophia:index:SnowflakeServiceUser$` }],
      ["random:index/randomPassword:RandomPassword", {}, { name: "fingerprint-key" }],
    ],
  },
};

const ofResources = rules.filter(({ check }) => check);

describe("the policy pack", () => {
  it("has a case for every rule, and every rule a name and a sentence", () => {
    assert.deepEqual(ofResources.map(({ name }) => name).sort(), Object.keys(CASES).sort());
    assert.deepEqual(
      rules.filter(({ name, description }) => !/^[a-z]+(-[a-z]+)+$/.test(name) || !/^[A-Z].*\.$/.test(description)),
      [],
    );
  });

  for (const rule of ofResources) {
    const { breaks = [], keeps = [], settings = {} } = CASES[rule.name] ?? {};
    const judge = (one: Case) => rule.check?.(resourceOf(one), settings) ?? [];

    it(`${rule.name} catches what breaks it`, () => {
      for (const [one, said] of breaks) {
        const violations = judge(one);
        const [violation = ""] = violations;
        assert.equal(violations.length, 1, JSON.stringify(one));
        assert.ok(violation.includes(said), `${violation} does not say ${said}`);
        assert.ok(!/hunter2|x1/.test(violation), "a value is shown");
      }
    });

    it(`${rule.name} lets the right thing through`, () => {
      for (const one of keeps) assert.deepEqual(judge(one), [], JSON.stringify(one));
    });
  }

  describe("credential-has-two-slots", () => {
    const rule = rules.find(({ name }) => name === "credential-has-two-slots") as Rule;
    const slots = ["snowflake", "gong", "vercel", "estuary"].map((name) =>
      resourceOf(["sophia:index:CredentialSlots", {}, { name }]),
    );
    const token = (name: string, identity: string) => resourceOf([TOKEN, { name: identity }, { name, parents: SLOTS }]);

    it("misses the slots of a service that rotates", () => {
      assert.deepEqual(rule.checkStack?.(slots.slice(1)), [
        "snowflake rotates and has no slots: make CredentialSlots for it.",
      ]);
    });

    it("catches two slots that are one thing at their service", () => {
      const said = rule.checkStack?.([...slots, token("vercel-a-token", "sophia"), token("vercel-b-token", "SOPHIA")]);
      assert.deepEqual(said, [
        "vercel-a-token and vercel-b-token are both SOPHIA at their service: the new one would end the old.",
      ]);
    });

    it("lets two slots through that are two things, and one that is alone", () => {
      assert.deepEqual(rule.checkStack?.([...slots, token("vercel-a-token", "a"), token("vercel-b-token", "b")]), []);
      assert.deepEqual(rule.checkStack?.([...slots, token("vercel-a-token", "a")]), []);
    });
  });

  for (const [stack, strategy] of [
    ["development", "password"],
    ["production", "key-pair"],
  ] as const) {
    it(`is kept by the program itself on ${stack} by ${strategy}, with all that it registers`, async () => {
      const resources = await programResources(stack, strategy);
      assert.ok(resources.length > 40);
      assert.deepEqual(violationsIn(resources), []);
    });
  }

  it("is broken by the program on production with passwords, and for nothing else", async () => {
    const violations = violationsIn(await programResources("production", "password"));
    assert.deepEqual([...new Set(violations.map(([name]) => name))], ["snowflake-no-password-in-production"]);
  });
});

function violationsIn(resources: readonly Resource[]): (readonly [rule: string, said: string])[] {
  return rules.flatMap(({ name, check, checkStack }) => [
    ...resources.flatMap((resource) => (check?.(resource, {}) ?? []).map((said) => [name, said] as const)),
    ...(checkStack?.(resources) ?? []).map((said) => [name, said] as const),
  ]);
}

const MADE = {
  "pulumi-nodejs:dynamic/credentials:RsaKeyPair": { privateKey: "canary-private-key", publicKey: "MII" },
};

/** What the program registers, as the engine would tell it to a pack: secrets opened, assets as texts, URNs with all parents. */
async function programResources(stack: string, strategy: string): Promise<Resource[]> {
  const esc = await startTinyEsc();
  try {
    const slots = `{a: {generation: 1, strategy: ${strategy}}}`;
    esc.write(
      `${stack}-intake`,
      [
        "values:",
        "  services: {gong: {slots: {a: {GONG_API_KEY: {fn::secret: k}, GONG_API_SECRET: {fn::secret: s}}}}}",
        `  rotation: {snowflake: {current: a, slots: ${slots}, phase: idle}}`,
        "",
      ].join("\n"),
    );
    const { resources } = await recordProgram(esc, { snowflakeCredential: strategy }, MADE, stack);
    const byLabel = new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource]));
    const chainOf = ({ type, parent }: RecordedResource): string => {
      const above = parent === undefined ? undefined : byLabel.get(parent);
      return above ? `${chainOf(above)}$${type}` : type;
    };
    return resources.map((resource) => {
      const { type, name, inputs } = resource;
      const urn = `urn:pulumi:${stack}::sophia::${chainOf(resource)}::${name}`;
      return { type, name, urn, properties: opened(inputs) as Properties };
    });
  } finally {
    await esc.close();
  }
}

function opened(value: unknown): unknown {
  if (value instanceof Secret) return opened(value.value);
  if (value instanceof Asset) return value.text;
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, opened(item)]));
}

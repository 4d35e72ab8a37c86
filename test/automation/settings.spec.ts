/** Are all faults of a stack's settings told at once, each with the place to set it, and nothing of a token's value? */
import assert from "node:assert/strict";
import { AutomationError } from "../../automation/errors";
import { ESC_TOKEN, isSafeAddress, parseSettings, type Settings } from "../../automation/settings";

const CONFIG: Readonly<Record<string, unknown>> = {
  vercelTeam: "team_1",
  vercelProject: "prj_1",
  snowflakeAccount: "PAYREADY-SOPHIA",
  snowflakeWarehouse: "SOPHIA_WH",
  snowflakeDatabase: "SOPHIA_DB",
};
const TOKENS: Readonly<Record<string, string>> = {
  PULUMI_ACCESS_TOKEN: "value-of-pulumi",
  GITHUB_TOKEN: "value-of-github",
  SOPHIA_VERCEL_CONTROL_TOKEN: "value-of-vercel",
  SOPHIA_ESTUARY_CONTROL_TOKEN: "value-of-estuary",
  SOPHIA_SNOWFLAKE_ADMIN_USER: "value_of_admin",
  SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: "value-of-password",
};

function settingsOf(
  config: Readonly<Record<string, unknown>> = {},
  environment: Record<string, string> = {},
): Settings {
  const all = { ...CONFIG, ...config };
  return parseSettings("development", (key) => all[key], { ...TOKENS, ...environment });
}

function faultOf(config: Readonly<Record<string, unknown>> = {}, environment: Record<string, string> = {}) {
  try {
    settingsOf(config, environment);
  } catch (error) {
    assert.ok(error instanceof AutomationError, String(error));
    assert.equal(error.exitCode, 2);
    return error;
  }
  return assert.fail("nothing was thrown");
}

describe("parseSettings", () => {
  it("gives real addresses, names and least rights where nothing is said", () => {
    assert.deepEqual(settingsOf(), {
      stack: "development",
      organization: "payready",
      escProject: "sophia",
      environments: { intake: "development-intake", secrets: "development-secrets", published: "development" },
      endpoints: {
        esc: "https://api.pulumi.com",
        github: "https://api.github.com",
        vercel: "https://api.vercel.com",
        snowflake: "",
      },
      github: { owner: "payready", repositories: [] },
      vercel: { team: "team_1", project: "prj_1", targets: ["production", "preview"] },
      snowflake: {
        organizationName: "PAYREADY",
        accountName: "SOPHIA",
        warehouse: "SOPHIA_WH",
        database: "SOPHIA_DB",
        schema: "PUBLIC",
        role: "SOPHIA_ROLE",
        user: "SOPHIA_SERVICE",
        manage: false,
        adminRole: "SECURITYADMIN",
      },
      estuary: { serviceAccount: "payready/sophia" },
      values: {
        SNOWFLAKE_ACCOUNT: "PAYREADY-SOPHIA",
        SNOWFLAKE_WAREHOUSE: "SOPHIA_WH",
        SNOWFLAKE_DATABASE: "SOPHIA_DB",
        SNOWFLAKE_SCHEMA: "PUBLIC",
        SNOWFLAKE_ROLE: "SOPHIA_ROLE",
        VERCEL_PROJECT_ID: "prj_1",
        VERCEL_TEAM_ID: "team_1",
      },
      strategies: { snowflake: "password", gong: "assisted", vercel: "token", estuary: "token" },
      tokens: {
        pulumi: "value-of-pulumi",
        github: "value-of-github",
        vercel: "value-of-vercel",
        estuary: "value-of-estuary",
        snowflakeUser: "value_of_admin",
        snowflakePassword: "value-of-password",
      },
    });
  });

  it("names every missing setting and token in one error, with the place of each", () => {
    let error: unknown;
    try {
      parseSettings("staging", () => undefined, {});
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof AutomationError);
    assert.equal(error.code, "settings.invalid");
    assert.equal(error.exitCode, 2);
    assert.equal(
      error.message,
      [
        "The settings of stack staging are not usable; nothing was changed.",
        "  sophia:vercelTeam is not set",
        "  sophia:vercelProject is not set",
        "  sophia:snowflakeAccount is not set",
        "  sophia:snowflakeWarehouse is not set",
        "  sophia:snowflakeDatabase is not set",
        "  not set in the environment:",
        "    PULUMI_ACCESS_TOKEN              opens and writes ESC: https://app.pulumi.com/account/tokens",
        "    GITHUB_TOKEN                     writes Actions secrets: https://github.com/settings/tokens",
        "    SOPHIA_VERCEL_CONTROL_TOKEN      makes tokens: https://vercel.com/account/settings/tokens",
        "    SOPHIA_ESTUARY_CONTROL_TOKEN     makes API keys: https://dashboard.estuary.dev/admin/api",
        "    SOPHIA_SNOWFLAKE_ADMIN_USER      makes users and roles: a user with sophia:snowflakeAdminRole",
        "    SOPHIA_SNOWFLAKE_ADMIN_PASSWORD  the password of that user",
      ].join("\n"),
    );
    assert.equal(
      error.hint,
      "Settings that begin with sophia: go into Pulumi.staging.yaml (pulumi config set KEY VALUE); the others into the environment. " +
        "Set the tokens with `export NAME=…`. To try it all without any: npx sophia-secrets sandbox start",
    );
  });

  it("names malformed settings, addresses and strategies together with what is missing, and shows no token", () => {
    const error = faultOf(
      {
        snowflakeAccount: "no account",
        snowflakeWarehouse: 'WH"; DROP',
        githubRepositories: ["ok", "a/b"],
        vercelTargets: [],
        githubOrganizationVisibility: "public",
        snowflakeCredential: "carrier-pigeon",
        vercelProject: "  ",
      },
      { SOPHIA_GITHUB_URL: "http://github.example", GITHUB_TOKEN: "" },
    );
    for (const part of [
      "sophia:snowflakeAccount must be ORGANIZATION-ACCOUNT",
      "sophia:snowflakeWarehouse must be an identifier",
      "sophia:githubRepositories must be made of letters",
      "sophia:vercelTargets is empty",
      "sophia:githubOrganizationVisibility ",
      "sophia:snowflakeCredential must be one of: password",
      "sophia:vercelProject is empty",
      "SOPHIA_GITHUB_URL must be an https:// address",
      "not set in the environment:\n    GITHUB_TOKEN ",
    ]) {
      assert.ok(error.message.includes(part), `${part} in: ${error.message}`);
    }
    assert.ok(!`${error.message}${error.hint}${error.stack}`.includes("value-of"));
  });

  it("lets PULUMI_ORGANIZATION and PULUMI_PROJECT win over the stack's file, and blames them by name", () => {
    const given = { organization: "filed", escProject: "filed" };
    const settings = settingsOf(given, { PULUMI_ORGANIZATION: "acme", PULUMI_PROJECT: "vault" });
    assert.deepEqual([settings.organization, settings.escProject], ["acme", "vault"]);
    assert.equal(settingsOf(given).organization, "filed");
    assert.equal(settingsOf(given, { PULUMI_ORGANIZATION: "" }).organization, "filed");
    assert.match(
      faultOf({}, { PULUMI_ORGANIZATION: "a b" }).message,
      /; nothing was changed\.\n {2}PULUMI_ORGANIZATION must be/,
    );
    assert.match(faultOf({}, { PULUMI_PROJECT: "a b" }).message, /; nothing was changed\.\n {2}PULUMI_PROJECT must be/);
    assert.match(faultOf({ escProject: "a b" }).message, /sophia:escProject must be/);
  });

  for (const token of Object.keys(TOKENS)) {
    it(`refuses a ${token} of nothing but blanks`, () => {
      assert.ok(faultOf({}, { [token]: " \n" }).message.includes(`not set in the environment:\n    ${token} `));
    });
  }

  it("asks only for the tokens that the caller needs, and takes the others for empty", () => {
    const only = { PULUMI_ACCESS_TOKEN: "value-of-pulumi" };
    const { tokens } = parseSettings("development", (key) => CONFIG[key], only, ESC_TOKEN);
    assert.deepEqual([tokens.pulumi, tokens.github, tokens.snowflakePassword], ["value-of-pulumi", "", ""]);
    assert.throws(
      () => parseSettings("development", (key) => CONFIG[key], {}, ESC_TOKEN),
      /not set in the environment:\n {4}PULUMI_ACCESS_TOKEN /,
    );
  });

  describe("snowflakeManage", () => {
    for (const [given, expected] of [
      [undefined, false],
      [false, false],
      ["false", false],
      [true, true],
      ["true", true],
    ] as const) {
      it(`is ${expected} for ${JSON.stringify(given)}`, () => {
        assert.equal(settingsOf({ snowflakeManage: given }).snowflake.manage, expected);
      });
    }

    for (const given of ["", "yes", "False", 1, null]) {
      it(`is refused as ${JSON.stringify(given)}`, () => {
        assert.match(faultOf({ snowflakeManage: given }).message, /sophia:snowflakeManage /);
      });
    }
  });

  it("refuses to let the rotated Snowflake user rotate itself, in either slot and however it is written", () => {
    for (const admin of ["SOPHIA_SERVICE", "sophia_service", "Sophia_Service_Alt", "SOPHIA_SERVICE_svc"]) {
      const error = faultOf({}, { SOPHIA_SNOWFLAKE_ADMIN_USER: admin });
      assert.equal(error.code, "settings.self_rotation");
      assert.match(error.message, /SOPHIA_SNOWFLAKE_ADMIN_USER and sophia:snowflakeUser/);
    }
    assert.equal(settingsOf({}, { SOPHIA_SNOWFLAKE_ADMIN_USER: "SOPHIA" }).tokens.snowflakeUser, "SOPHIA");
  });

  it("takes the address of the sandbox, without the slash at its end, and refuses an unsafe one of each service", () => {
    assert.equal(settingsOf({}, { SOPHIA_ESC_URL: "http://127.0.0.1:7001//" }).endpoints.esc, "http://127.0.0.1:7001");
    for (const name of ["SOPHIA_ESC_URL", "SOPHIA_GITHUB_URL", "SOPHIA_VERCEL_URL", "SOPHIA_SNOWFLAKE_URL"]) {
      assert.match(
        faultOf({}, { [name]: "http://api.example.com" }).message,
        new RegExp(`${name} must be an https://`),
      );
    }
  });

  it("refuses an unsafe address among the variables that carry one, because keys are sent there", () => {
    for (const key of ["estuaryApiUrl", "gongBaseUrl"]) {
      assert.match(
        faultOf({ [key]: "http://api.example.com" }).message,
        new RegExp(`sophia:${key} must be an https://`),
      );
    }
    assert.equal(
      settingsOf({ gongBaseUrl: "https://us-1.api.gong.io" }).values.GONG_BASE_URL,
      "https://us-1.api.gong.io",
    );
  });

  it("keeps an organization's visibility and repositories only where a visibility is set", () => {
    const repositories = ["sophia"];
    const chosen = settingsOf({
      githubOrganizationVisibility: "selected",
      githubOrganizationRepositories: repositories,
    });
    assert.deepEqual(chosen.github.organizationSecrets, { visibility: "selected", repositories });
    assert.equal(settingsOf({ githubOrganizationRepositories: repositories }).github.organizationSecrets, undefined);
  });
});

describe("isSafeAddress", () => {
  for (const address of [
    "https://a.example",
    "http://127.0.0.1:1",
    "http://127.1.2.3",
    "http://localhost",
    "http://[::1]:9",
  ]) {
    it(`takes ${address}`, () => assert.equal(isSafeAddress(address), true));
  }
  for (const address of [
    "http://a.example",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1@evil.example",
    "https://user:password@a.example",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "a.example",
    "",
  ]) {
    it(`refuses ${JSON.stringify(address)}`, () => assert.equal(isSafeAddress(address), false));
  }
});

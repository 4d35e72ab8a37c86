/** What does somebody learn who gave wrong input? One line that names the setting and the fix, exit code 2, and nothing was changed. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { secretLeaf } from "../../automation/esc/secret-leaf";
import { recordEdits } from "../../automation/rotation/transitions";
import { processOwner } from "../../automation/process-owner";
import { said, startSpecSandbox, type ChildOptions, type SpecSandbox } from "../support/sandbox";

/** What comes out as JSON on standard error. */
interface Envelope {
  readonly schema: string;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly exitCode: number;
    readonly suggestions: readonly string[];
  };
}

/** What the two ways of saying it have in common. */
interface Expected {
  readonly code: string;
  /** @default 2 */
  readonly exitCode?: number;
  /** The sentence: it names the setting. */
  readonly message: RegExp;
  /** The line below it: the fix. */
  readonly hint: RegExp;
}

describe("bad input", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;

  before(async () => {
    sandbox = await startSpecSandbox();
    // As if it had been brought up: what never was is refused before the input is looked at.
    sandbox.esc.edit("sophia", "development", "values:\n  environmentVariables: {}\n");
  });
  after(() => sandbox?.dispose());
  beforeEach(() => {
    for (const standIn of sandbox.standIns()) standIn.clearRequests();
  });
  // Whatever was wrong, no request that changes anything was sent.
  afterEach(() => assert.deepEqual(sandbox.changingRequests(), []));

  /** Runs the command for people and for machines; both must say the same. */
  async function expectRefusal(args: readonly string[], expected: Expected, options?: ChildOptions): Promise<void> {
    const exitCode = expected.exitCode ?? 2;
    const [text, json] = await Promise.all([sandbox.cli(args, options), sandbox.cli([...args, "--json"], options)]);
    assert.deepEqual([text.code, text.stdout], [exitCode, ""], said(text));
    const lines = text.stderr.trimEnd().split("\n");
    const second = lines.pop() ?? "";
    const first = lines.join("\n");
    assert.match(first, expected.message);
    assert.match(first, /^error: /);
    assert.match(second, expected.hint);

    assert.deepEqual([json.code, json.stdout], [exitCode, ""], said(json));
    const { schema, error } = JSON.parse(json.stderr) as Envelope;
    assert.deepEqual([schema, error.code, error.exitCode], ["sophia-secrets/error", expected.code, exitCode]);
    assert.equal(`error: ${error.message}`, first);
    assert.deepEqual(error.suggestions, [second.trim()]);
  }

  describe("on the command line", () => {
    it("names the stacks that there are", () =>
      expectRefusal(["up", "--stack", "staging"], {
        code: "stack.unknown",
        message: /no stack staging: Pulumi\.staging\.yaml is missing; nothing was changed/,
        hint: /Known stacks: development, production\..*--stack/,
      }));

    it("names the services that there are", () =>
      expectRefusal(["rotate", "--service", "snowflak"], {
        code: "cli.unknown_service",
        message: /Unknown service: snowflak; nothing was changed/,
        hint: /Did you mean snowflake\? Choose from: all, snowflake, gong, vercel, estuary\./,
      }));

    for (const [what, args, sentence, meant, choice] of [
      ["options", ["rotate", "--servce", "snowflake"], "unknown option '--servce'", "--service", "--service <service>"],
      ["verbs", ["rotat"], "unknown command 'rotat'", "rotate", "rotate"],
    ] as const) {
      it(`lists the ${what} where one is unknown`, async () => {
        const [text, json] = await Promise.all([sandbox.cli(args), sandbox.cli([...args, "--json"])]);
        assert.deepEqual([text.code, text.stdout], [2, ""], said(text));
        assert.ok(
          text.stderr.startsWith(
            `error: U${sentence.slice(1)}; nothing was changed.\n  Did you mean ${meant}? Choose from: `,
          ),
          text.stderr,
        );

        assert.deepEqual([json.code, json.stdout], [2, ""], said(json));
        const { error } = JSON.parse(json.stderr) as Envelope;
        assert.equal(error.code, "cli.usage");
        assert.equal(error.message, `U${sentence.slice(1)}; nothing was changed.`);
        assert.match(error.suggestions.join(), new RegExp(`^Did you mean ${meant}\\? Choose from: .*${choice}[,.]`));
      });
    }

    it("refuses a grace period that it cannot read", async () => {
      const [text, json] = await Promise.all([
        sandbox.cli(["rotate", "--grace", "tomorrow"]),
        sandbox.cli(["rotate", "--grace", "tomorrow", "--json"]),
      ]);
      assert.deepEqual([text.code, text.stdout], [2, ""], said(text));
      assert.match(text.stderr, /^error: .*--grace.*0, 30s, 15m, 24h or 7d/);
      assert.equal(json.code, 2);
      assert.match((JSON.parse(json.stderr) as Envelope).error.message, /--grace.*0, 30s, 15m, 24h or 7d; nothing/);
    });

    it("asks for agreement where nobody can be asked", () =>
      expectRefusal(
        ["up"],
        { code: "cli.consent_missing", message: /Nobody can be asked here; nothing was changed/, hint: /--yes/ },
        { env: { SOPHIA_SECRETS_YES: undefined } },
      ));

    it("says what a file must look like that is handed over, and quotes nothing of it", async () => {
      const file = await sandbox.input("gong.json", '{"GONG_API_KEY": "half-a-canary-of-json');
      await expectRefusal(["rotate", "--service", "gong", "--from-file", file], {
        code: "rotate.unreadable_input",
        message: /gong\.json is no JSON object of texts; nothing was changed/,
        hint: /It must look like \{"GONG_API_KEY": "…", "GONG_API_SECRET": "…"\}/,
      });
    });
  });

  describe("in the settings", () => {
    it("names an organization that is missing", () =>
      withSettings(
        (yaml) => yaml.replace(/ {2}sophia:organization: .*\n/, "  sophia:organization: ''\n"),
        () =>
          expectRefusal(["up"], {
            code: "settings.invalid",
            message: /stack development are not usable; nothing was changed\.\n {2}sophia:organization /,
            hint: /Pulumi\.development\.yaml.*pulumi config set/,
          }),
      ));

    it("names every setting that is missing, at once", () =>
      withSettings(
        (yaml) => yaml.replace(/ {2}sophia:vercel(Team|Project): .*\n/g, ""),
        () =>
          expectRefusal(
            ["rotate"],
            {
              code: "settings.invalid",
              message:
                /\n {2}sophia:vercelTeam is not set\n {2}sophia:vercelProject is not set\n {2}not set in the environment:\n {4}GITHUB_TOKEN {2}writes/,
              hint: /Pulumi\.development\.yaml.*environment/,
            },
            { env: { GITHUB_TOKEN: undefined } },
          ),
      ));

    it("refuses a settings file that is no YAML", () =>
      withSettings(
        () => "config: [",
        () =>
          expectRefusal(["up"], {
            code: "stack.malformed_file",
            message: /Pulumi\.development\.yaml cannot be read as a stack's settings; nothing was changed/,
            hint: /YAML/,
          }),
      ));

    it("refuses an administrator of Snowflake who is the rotated user", () =>
      expectRefusal(
        ["rotate"],
        {
          code: "settings.self_rotation",
          message:
            /SOPHIA_SNOWFLAKE_ADMIN_USER and sophia:snowflakeUser name the same Snowflake user.*nothing was changed/,
          hint: /administrator of its own/,
        },
        { env: { SOPHIA_SNOWFLAKE_ADMIN_USER: "sophia_service_alt" } },
      ));

    it("sends no token to an address without TLS", () =>
      expectRefusal(
        ["up"],
        { code: "settings.invalid", message: /SOPHIA_ESC_URL must be an https:\/\/ address/, hint: /environment/ },
        { env: { SOPHIA_ESC_URL: "http://esc.example.com" } },
      ));

    /** Changes the stack's settings file for one command. */
    async function withSettings(change: (yaml: string) => string, work: () => Promise<void>): Promise<void> {
      const file = join(sandbox.directory, "work", "Pulumi.development.yaml");
      const yaml = await readFile(file, "utf8");
      await writeFile(file, change(yaml));
      try {
        await work();
      } finally {
        await writeFile(file, yaml);
      }
    }
  });

  describe("at ESC", () => {
    for (const verb of ["up", "rotate"]) {
      it(`says where ESC could not be reached (${verb})`, async () => {
        const address = `http://127.0.0.1:${await closedPort()}`;
        await expectRefusal(
          [verb],
          {
            code: "esc.unreachable",
            message: /could not be reached at http:\/\/127.* \(ECONNREFUSED\)/,
            hint: /SOPHIA_ESC_URL/,
          },
          { env: { SOPHIA_ESC_URL: address } },
        );
      });
    }

    it("says that the token was refused, and by whom", () =>
      expectRefusal(
        ["up"],
        {
          code: "esc.token_refused",
          exitCode: 3,
          message: /refused PULUMI_ACCESS_TOKEN \(401\)/,
          hint: /Set PULUMI_ACCESS_TOKEN to/,
        },
        { env: { PULUMI_ACCESS_TOKEN: "pul-of-somebody-else" } },
      ));

    it("says how to make an intake that is missing", () =>
      expectRefusal(
        ["up"],
        {
          code: "intake.missing",
          exitCode: 6,
          message: /no ESC environment payready\/elsewhere\/development-intake; nothing was changed/,
          hint: /npx sophia-secrets import-env --env-file \.env --stack development/,
        },
        { env: { PULUMI_PROJECT: "elsewhere" } },
      ));

    it("refuses a controlling token that is handed over as a new credential", async () => {
      const { SOPHIA_VERCEL_CONTROL_TOKEN: token } = sandbox.variables;
      const file = await sandbox.input("pair.json", JSON.stringify({ GONG_API_KEY: "KEY", GONG_API_SECRET: token }));
      await expectRefusal(["rotate", "--service", "gong", "--from-file", file], {
        code: "settings.self_rotation",
        message: /GONG_API_SECRET, as handed over, is a controlling token of this tool; nothing was changed/,
        hint: /credential of its own/,
      });
    });

    describe("with an intake that somebody has broken", () => {
      let sound: string;
      before(() => {
        sound = sandbox.esc.text("sophia", "development-intake");
      });
      afterEach(() => void sandbox.esc.edit("sophia", "development-intake", sound));

      it("names the place, and not what is there", async () => {
        sandbox.esc.edit(
          "sophia",
          "development-intake",
          "values:\n  services:\n    gong: half-a-canary\n  rotation:\n    vercel: {current: c, slots: {}, phase: idle}\n",
        );
        for (const verb of ["up", "rotate"]) {
          await expectRefusal([verb], {
            code: "intake.malformed",
            message:
              /payready\/sophia\/development-intake is malformed at values\.services\.gong \(.*\), values\.rotation\.vercel\.current \(.*\); nothing was changed/,
            hint: /pulumi env edit payready\/sophia\/development-intake/,
          });
        }
      });

      it("refuses a controlling token in the place of a credential that is rotated", async () => {
        const secret = (value: string) => JSON.stringify(secretLeaf(value).toJSON());
        const slot = `{GONG_API_KEY: ${secret("KEY")}, GONG_API_SECRET: ${secret(sandbox.variables.GITHUB_TOKEN ?? "")}}`;
        sandbox.esc.edit("sophia", "development-intake", `values:\n  services:\n    gong: {slots: {a: ${slot}}}\n`);
        await expectRefusal(["up"], {
          code: "settings.self_rotation",
          message: /GONG_API_SECRET of gong, slot a, is a controlling token/,
          hint: /credential of its own/,
        });
      });
    });
  });

  describe("while another driver is at work", () => {
    it("stops with exit code 10 and says whose turn it is", async () => {
      const { intake } = sandbox.session();
      const heartbeatAt = new Date().toISOString();
      const run = { id: "the-other-run", owner: processOwner(), heartbeatAt };
      await intake.change((state) => recordEdits("vercel", { ...state.intake.rotation("vercel"), run }));
      const before = sandbox.esc.revisions("sophia", "development-intake").length;
      for (const standIn of sandbox.standIns()) standIn.clearRequests();
      await expectRefusal(["rotate", "--service", "vercel", "--service", "snowflake"], {
        code: "rotation.locked",
        exitCode: 10,
        message: /vercel is being rotated by .*:\d+ \(run the-other-run, last sign of life .*\); nothing was changed/,
        hint: /--take-over/,
      });
      assert.equal(sandbox.esc.revisions("sophia", "development-intake").length, before);
    });
  });
});

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

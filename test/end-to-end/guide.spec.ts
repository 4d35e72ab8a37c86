/** Does every command line of the guide work as it is written? Typed into a shell in a clone, and looked at from the other end: what the services hold, and whom they let in. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseDotenv } from "dotenv";
import { parseDocument } from "yaml";
import { createGongAdmin } from "../../sandbox/gong-admin";
import { variablesFor } from "../../services/select";
import { Canaries, collectSecrets } from "../support/canaries";
import { acceptedBy, changedNames, heldAtGitHub, type Values } from "../support/consumers";
import { GUIDE, GUIDE_SHA256, typedHere } from "../support/guide";
import { openPersonalCheckout, type PersonalCheckout } from "../support/personal-checkout";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";

const REPOSITORY = { kind: "repository", repository: "sophia" } as const;
const ORGANIZATION = { kind: "organization" } as const;
const PROJECT = "prj_123456789";
const PAIR = ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_USER"];
const TOKENS = ["ESTUARY_API_KEY", "VERCEL_ACCESS_TOKEN"];
const EVERYBODY = ["estuary", "gong", "snowflake", "vercel"];
const NOTE = `two  blanks, "quotes", # no comment and $HOME`;

interface Intake {
  readonly services: Readonly<Record<string, { readonly settings?: Values; readonly slots?: { readonly a: Values } }>>;
  readonly rotation?: Readonly<
    Record<string, { readonly rotatedAt?: string; readonly retireAfter?: string; readonly variables?: object }>
  >;
}

interface Audit {
  readonly missingAtDestinations: readonly { readonly name: string; readonly place: string }[];
}

describe("the guide, line by line:", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let clone: PersonalCheckout;
  const canaries = new Canaries();
  const followed = new Set<number>();
  /** What a person has got from Gong. */
  let pair: Values;
  /** What consumers read before each rotation, the oldest first. */
  const former: Values[] = [];

  before(async () => {
    sandbox = await startSpecSandbox();
    clone = await openPersonalCheckout(sandbox);
  });
  after(async () => {
    await clone?.dispose();
    await sandbox?.dispose();
  });

  /** Types one line of the guide, and expects its exit code. */
  async function follow(number: number, code = 0): Promise<ChildResult> {
    followed.add(number);
    const result = await clone.type(typedHere(commandOf(number)));
    assert.equal(result.code, code, said(result));
    collectSecrets(canaries, sandbox);
    return result;
  }
  async function type(line: string): Promise<void> {
    const result = await clone.type(line);
    assert.equal(result.code, 0, said(result));
    collectSecrets(canaries, sandbox);
  }
  const intake = (stack = "development") => sandbox.esc.openValues("sophia", `${stack}-intake`) as unknown as Intake;
  const revisions = (name: string) => sandbox.esc.revisions("sophia", name).length;
  /** What GitHub must hold: every declared variable that consumers can read. */
  const expectedAtGitHub = (): Values => {
    const published = sandbox.published();
    const names = variablesFor("github").map(({ name }) => name);
    return Object.fromEntries(names.flatMap((name) => (published[name] ? [[name, published[name]]] : [])));
  };
  /** Every copy is what consumers of ESC read. */
  const expectSameEverywhere = () => {
    const published = sandbox.published();
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), expectedAtGitHub());
    assert.deepEqual(heldAtGitHub(sandbox, ORGANIZATION), expectedAtGitHub());
    for (const { name } of variablesFor("vercel").filter((variable) => published[variable.name]))
      assert.equal(sandbox.vercel.variable(PROJECT, name, "preview"), published[name], name);
  };
  /** The grace periods that run end now, as they do by themselves a day later. */
  const aDayLater = () => {
    const definition = parseDocument(sandbox.esc.text("sophia", "development-intake"));
    const draining = Object.entries(intake().rotation ?? {}).filter(([, { retireAfter }]) => retireAfter !== undefined);
    assert.notDeepEqual(draining, []);
    for (const [service] of draining)
      definition.setIn(["values", "rotation", service, "retireAfter"], new Date(Date.now() - 1000).toISOString());
    sandbox.esc.edit("sophia", "development-intake", definition.toString());
  };

  it("no line of it is missing here", () => {
    assert.equal(createHash("sha256").update(GUIDE.flat().join("\n")).digest("hex"), GUIDE_SHA256);
  });

  it(titleOf(0, "the values are in ESC, secrets encrypted, by one revision"), async () => {
    const { accessKey, secret } = await createGongAdmin(sandbox.gong.url, sandbox.adminToken).makeKey();
    pair = { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    const lines = [
      `export GONG_API_KEY=${accessKey}`,
      `GONG_API_SECRET="${secret}" # from Gong's pages`,
      `GONG_ACCESS_KEY='${accessKey}'`,
      "SNOWFLAKE_WAREHOUSE=SOPHIA_WH",
      "SNOWFLAKE_PASSWORD=",
      `SOPHIA_NOTE='${NOTE}'`,
      `GITHUB_TOKEN=${sandbox.variables.GITHUB_TOKEN}`,
    ];
    await clone.write(".env", `${lines.join("\r\n")}\r\n`);
    const count = revisions("development-intake");
    await follow(0);
    assert.equal(revisions("development-intake"), count + 1);
    const { gong, other, snowflake } = intake().services;
    assert.deepEqual(gong?.slots, { a: pair });
    assert.deepEqual(other?.settings, { SOPHIA_NOTE: NOTE });
    assert.equal(snowflake, undefined, "the empty password and what the settings say already");
    const text = sandbox.esc.text("sophia", "development-intake");
    assert.match(text, /^# Values of the payready sandbox$/m);
    assert.deepEqual(canaries.inText("the definition", text), []);
  });

  it("up, which the guide's later lines need once, brings the stack about", async () => {
    await type("./sophia_secrets up");
    assert.equal(sandbox.published().GONG_API_SECRET, pair.GONG_API_SECRET);
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), EVERYBODY);
  });

  it(titleOf(1, "everything that ESC holds is in the file, for its owner only, and git does not take it"), async () => {
    await makeProduction();
    const counts = [revisions("production-intake"), revisions("production")];
    await follow(1);
    const { environmentVariables } = sandbox.esc.openValues("sophia", "production") as { environmentVariables: Values };
    assert.deepEqual({ ...parseDotenv(await clone.read(".env.new")) }, { ...environmentVariables, SOPHIA_NOTE: NOTE });
    assert.equal(environmentVariables.GONG_API_SECRET, pair.GONG_API_SECRET);
    assert.equal((await stat(join(clone.folder, ".env.new"))).mode & 0o777, 0o600);
    assert.equal((await clone.git("check-ignore", ".env", ".env.new")).trim(), ".env\n.env.new");
    assert.deepEqual([revisions("production-intake"), revisions("production")], counts);
  });

  it(titleOf(2, "the repository's secrets, opened, are what consumers of ESC read"), async () => {
    for (const { name } of sandbox.github.secrets(REPOSITORY))
      sandbox.github.editOutside(REPOSITORY, { secret: name, value: undefined });
    for (const variable of Object.keys(sandbox.github.variables(REPOSITORY)))
      sandbox.github.editOutside(REPOSITORY, { variable, value: undefined });
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), {});
    await follow(2);
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), expectedAtGitHub());
  });

  it(titleOf(3, "the organization's secrets are the same, for its private repositories only"), async () => {
    assert.deepEqual(heldAtGitHub(sandbox, ORGANIZATION), {});
    await follow(3);
    assert.deepEqual(heldAtGitHub(sandbox, ORGANIZATION), expectedAtGitHub());
    const audience = new Set(sandbox.github.secrets(ORGANIZATION).map(({ visibility }) => visibility));
    assert.deepEqual([...audience], ["private"]);
  });

  it(
    titleOf(4, "Snowflake takes the new credential, which every place holds, and for a day still the old one"),
    async () => {
      former.push(sandbox.published());
      await follow(4);
      const now = sandbox.published();
      assert.deepEqual(changedNames(former[0] ?? {}, now), PAIR);
      assert.deepEqual(acceptedBy(sandbox, now), EVERYBODY);
      assert.deepEqual(acceptedBy(sandbox, former[0]), EVERYBODY);
      expectSameEverywhere();
    },
  );

  it(titleOf(5, "it looks at the stores, names what one of them has lost, and changes nothing anywhere"), async () => {
    sandbox.github.editOutside(REPOSITORY, { secret: "GONG_API_SECRET", value: undefined });
    const found = everythingStored();
    await follow(5);
    const lacking = (await newestAudit()).missingAtDestinations.map(({ name, place }) => `${name} at ${place}`);
    assert.deepEqual(lacking, ["GONG_API_SECRET at github payready/sophia"]);
    assert.deepEqual(everythingStored(), found);
    await type(typedHere(commandOf(2)));
    await follow(5);
    assert.deepEqual((await newestAudit()).missingAtDestinations, []);
  });

  it(
    titleOf(6, "the old Snowflake credential is dead now; Vercel and Estuary take new ones; Gong's waits for a person"),
    async () => {
      aDayLater();
      former.push(sandbox.published());
      // Gong has no API that makes keys, and nobody is at a terminal: that is no success, and nothing is invented.
      await follow(6, 1);
      const now = sandbox.published();
      assert.deepEqual(changedNames(former[1] ?? {}, now), TOKENS);
      assert.deepEqual(acceptedBy(sandbox, now), EVERYBODY);
      assert.deepEqual(acceptedBy(sandbox, former[0]), ["estuary", "gong", "vercel"]);
      const { snowflake, gong } = intake().rotation ?? {};
      const age = Date.now() - Date.parse(snowflake?.rotatedAt ?? "");
      assert.ok(age >= 0 && age < 120_000, `rotated ${age} ms ago`);
      assert.deepEqual(Object.keys(snowflake?.variables ?? {}).sort(), PAIR);
      assert.equal(gong?.rotatedAt, undefined);
      expectSameEverywhere();
    },
  );

  it(titleOf(7, "Snowflake's credential changes, and no other"), async () => {
    former.push(sandbox.published());
    await follow(7);
    assert.deepEqual(changedNames(former[2] ?? {}, sandbox.published()), PAIR);
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), EVERYBODY);
    expectSameEverywhere();
  });

  it(titleOf(6, "typed again a day later, the old tokens of Vercel and Estuary are refused too"), async () => {
    aDayLater();
    await follow(6, 1);
    assert.deepEqual(
      former.map((values) => acceptedBy(sandbox, values)),
      [["gong"], ["gong"], ["estuary", "gong", "vercel"]],
    );
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), EVERYBODY);
  });

  it(titleOf(8, "every service was logged in to with what consumers read"), async () => {
    const since = logIns();
    await follow(8);
    const later = logIns();
    for (const service of EVERYBODY) assert.ok((later[service] ?? 0) > (since[service] ?? 0), service);
  });

  for (const [number, service] of [
    [9, "snowflake"],
    [10, "gong"],
    [11, "vercel"],
    [12, "estuary"],
  ] as const) {
    it(titleOf(number, "this service was logged in to, and no other"), async () => {
      const since = logIns();
      await follow(number);
      const later = logIns();
      assert.deepEqual(
        EVERYBODY.filter((name) => later[name] !== since[name]),
        [service],
      );
    });
    it(titleOf(number, "says so by its exit code where the service refuses"), async () => {
      const refuse = refusalOf(service);
      sandbox[service].addFault(refuse);
      await follow(number, 2);
      sandbox[service].clearFaults();
    });
  }

  it("every one of its lines was typed", () => {
    assert.deepEqual(
      [...followed].sort((a, b) => a - b),
      [...GUIDE.keys()],
    );
  });

  it("it leaves no secret in a file that git tracks, in its output, or in the temporary folder", async () => {
    assert.ok(canaries.count >= 15, `${canaries.count} values`);
    const changed = (await clone.git("diff", "--name-only")).trim().split("\n");
    assert.deepEqual(changed, ["Pulumi.production.yaml"], "the salt of a passphrase");
    assert.deepEqual(
      canaries.inText("tracked", await clone.git("grep", "--no-index", "--exclude-standard", "-h", "")),
      [],
    );
    assert.deepEqual(canaries.inText("printed", clone.transcript.join("\n")), []);
    assert.deepEqual(await canaries.inFolder(sandbox.places.temporary), []);
    assert.deepEqual(sandbox.unexpectedRequests(), []);
  });

  /** Production, brought about as development was. */
  async function makeProduction(): Promise<void> {
    const lines = [
      ...Object.entries(pair).map(([name, value]) => `${name}=${value}`),
      `GONG_BASE_URL=${sandbox.gong.url}`,
      `ESTUARY_API_URL=${sandbox.estuary.url}`,
      `SOPHIA_NOTE='${NOTE}'`,
    ];
    await clone.write(".env.production", lines.join("\n"));
    await type("./sophia_secrets import-env --env-file .env.production --stack production");
    await type("./sophia_secrets up --stack production");
  }

  /** The report that the last audit has kept in the clone, where only its owner reads it and git does not take it. */
  async function newestAudit(): Promise<Audit> {
    const names = (await readdir(clone.folder)).filter((name) => /^secrets_audit_\d{8}_\d{6}\.json$/.test(name)).sort();
    const name = names.at(-1) ?? assert.fail("no report was kept");
    assert.equal((await stat(join(clone.folder, name))).mode & 0o777, 0o600);
    assert.equal((await clone.git("check-ignore", name)).trim(), name);
    return JSON.parse(await clone.read(name)) as Audit;
  }

  function everythingStored(): object {
    const { esc, github, vercel, snowflake } = sandbox;
    return {
      esc: ["development-intake", "development-secrets", "development"].map((name) => esc.text("sophia", name)),
      github: [REPOSITORY, ORGANIZATION].map((scope) => [github.secrets(scope), github.variables(scope)]),
      vercel: [vercel.variables(PROJECT), vercel.tokens().map(({ id }) => id)],
      snowflake: [snowflake.users(), snowflake.grants()],
    };
  }

  /** How often each service let somebody in with a consumer's credential; for Vercel and Gong, when it last did. */
  function logIns(): Record<string, number> {
    const { snowflake, gong, vercel, estuary } = sandbox;
    const { SNOWFLAKE_USER, GONG_API_KEY, VERCEL_ACCESS_TOKEN } = sandbox.published();
    const key = gong.keys().find(({ accessKey }) => accessKey === GONG_API_KEY);
    return {
      snowflake: snowflake.loginAttempts().filter(({ user, ok }) => ok && user === SNOWFLAKE_USER).length,
      gong: key?.lastUsed === undefined ? 0 : Date.parse(key.lastUsed),
      vercel: vercel.tokens().find(({ bearerToken }) => bearerToken === VERCEL_ACCESS_TOKEN)?.activeAt ?? 0,
      estuary: estuary.requests().filter(({ path, status }) => path === "/api/graphql" && status === 200).length,
    };
  }
});

function commandOf(number: number): string {
  return GUIDE[number]?.[1] ?? assert.fail(`the guide has no line ${number}`);
}

function titleOf(number: number, sentence: string): string {
  return `${commandOf(number)} (${sentence})`;
}

/** What a service answers whose credential is not taken (any more). */
function refusalOf(service: string) {
  const effect =
    service === "snowflake"
      ? {
          status: 200,
          body: {
            data: null,
            success: false,
            code: "390100",
            message: "Incorrect username or password was specified.",
          },
        }
      : { status: service === "vercel" ? 403 : 401, body: {} };
  return {
    path: service === "snowflake" ? "login-request" : "",
    times: 20,
    effect: { kind: "status", ...effect },
  } as const;
}

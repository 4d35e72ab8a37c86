/** Does what a dead run has made and lost go, and nothing else? At the stand-ins themselves, over sockets. */
import assert from "node:assert/strict";
import { AutomationError } from "../../../automation/errors";
import { systemHttp } from "../../../automation/http";
import { removeLeftovers } from "../../../automation/rotation/leftovers";
import { parseSettings } from "../../../automation/settings";
import { type StackResource } from "../../../automation/stack-state";
import { startSnowflake, type SnowflakeStandIn } from "../../../sandbox/snowflake";
import { startVercel, type VercelStandIn } from "../../../sandbox/vercel";
import { type Service } from "../../../services/service";
import { snowflake } from "../../../services/snowflake";
import { vercel } from "../../../services/vercel";
import { RawClient } from "../../sandbox/snowflake-client";
import { TEST_CONFIG, TEST_TOKENS } from "../../support/program";

const CONTROL = "controlTokenOfTheSandbox1";
const PASSWORD = "canary-admin-password";
const NAME = "sophia-development-vercel-b-7";

describe("removeLeftovers", () => {
  let account: SnowflakeStandIn;
  let platform: VercelStandIn;

  beforeEach(async () => {
    const admin = { defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] };
    [account, platform] = await Promise.all([
      startSnowflake({
        ...{ organization: "payready", account: "sophia" },
        seed: { users: [{ name: "SOPHIA_ADMIN", password: PASSWORD, ...admin }] },
      }),
      startVercel({ controlToken: CONTROL, team: { id: "team_1", slug: "payready" }, projects: [] }),
    ]);
  });
  afterEach(() => Promise.all([account.close(), platform.close()]));

  const strategyOf = (service: Service, name: string) => service.rotation?.strategies[name] ?? assert.fail(name);

  function clear(
    service: Service,
    strategy: string,
    resources: readonly StackResource[] = [],
    inUse = "password",
  ): Promise<string[]> {
    const credential = strategyOf(service, strategy);
    const environment = {
      ...{ ...TEST_TOKENS, SOPHIA_SNOWFLAKE_URL: account.url, SOPHIA_VERCEL_URL: platform.url },
      ...{ SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: PASSWORD, SOPHIA_VERCEL_CONTROL_TOKEN: CONTROL },
    };
    const settings = parseSettings("development", (key) => TEST_CONFIG[key], environment);
    const http = { ...systemHttp(), sleep: async () => undefined };
    const interrupted = { service, credential, slot: "b", generation: 7, inUse: strategyOf(snowflake, inUse) } as const;
    return removeLeftovers(interrupted, { settings, http, resources });
  }

  const clearVercel = (resources?: readonly StackResource[]) =>
    clear(vercel, Object.keys(vercel.rotation?.strategies ?? {})[0] ?? "", resources);

  async function mint(name: string): Promise<string> {
    const headers = { authorization: `Bearer ${CONTROL}`, "content-type": "application/json" };
    const body = JSON.stringify({ name });
    const response = await fetch(`${platform.url}/v3/user/tokens`, { method: "POST", headers, body });
    return ((await response.json()) as { token: { id: string } }).token.id;
  }

  const tokenNames = () => platform.tokens().flatMap(({ name }) => (name.startsWith("sophia-") ? [name] : []));

  async function administrate(statement: string): Promise<void> {
    const admin = new RawClient(account);
    await admin.logIn({ LOGIN_NAME: "SOPHIA_ADMIN", PASSWORD });
    await admin.rows(statement);
  }

  function resource(type: string, id: string): StackResource {
    return { urn: `urn:pulumi:development::sophia::${type}::x`, type, name: "x", id, isHalfWritten: false };
  }

  it("finds nothing where nothing was lost, and changes nothing", async () => {
    assert.deepEqual([await clearVercel(), await clear(snowflake, "password")], [[], []]);
    assert.deepEqual(
      platform.requests().map(({ method }) => method),
      ["GET"],
    );
    assert.deepEqual(
      account.statements().map(({ verb }) => verb),
      ["DESCRIBE USER"],
    );
  });

  it("deletes each Vercel token of the slot's very name that Pulumi does not know, on every page of the list", async () => {
    const others = ["sophia-development-vercel-b-6", "sophia-production-vercel-b-7", `${NAME}0`];
    await mint(NAME);
    for (const name of others) await mint(name);
    for (let index = 0; index < 120; index += 1) await mint(`other-${index}`);
    await mint(NAME);
    assert.deepEqual(await clearVercel(), [
      `${NAME}, which an interrupted run has made and lost, is deleted at Vercel`,
    ]);
    assert.deepEqual(tokenNames().sort(), others.sort());
  });

  it("leaves the token alone that Pulumi's state has", async () => {
    const known = resource("vercel:index/userToken:UserToken", await mint(NAME));
    await mint(NAME);
    await clearVercel([known]);
    assert.deepEqual(
      platform.tokens().flatMap(({ id, name }) => (name === NAME ? [id] : [])),
      [known.id],
    );
  });

  for (const [strategy, user] of [
    ["password", "SOPHIA_SERVICE_ALT"],
    ["key-pair", "SOPHIA_SERVICE_SVC"],
  ] as const) {
    it(`drops the user of a lost ${strategy} that carries our comment`, async () => {
      await administrate(`CREATE USER ${user} COMMENT = 'Owned by sophia-secrets'`);
      assert.equal((await clear(snowflake, strategy)).length, 1);
      assert.equal(account.user(user), undefined);
    });

    it(`keeps the user of a ${strategy} that Pulumi's state has`, async () => {
      await administrate(`CREATE USER ${user} COMMENT = 'Owned by sophia-secrets'`);
      for (const id of [user, `"${user}"`]) {
        const known = resource("snowflake:index/serviceUser:ServiceUser", id);
        assert.deepEqual(await clear(snowflake, strategy, [known]), []);
      }
      assert.notEqual(account.user(user), undefined);
    });
  }

  it("never drops the user without a password while consumers log in as it, whatever Pulumi's state says", async () => {
    await administrate("CREATE USER SOPHIA_SERVICE_SVC COMMENT = 'Owned by sophia-secrets'");
    for (const inUse of ["key-pair", "access-token"])
      assert.deepEqual(await clear(snowflake, "key-pair", [], inUse), []);
    assert.notEqual(account.user("SOPHIA_SERVICE_SVC"), undefined);
  });

  it("refuses to touch a user that somebody else has made, and says what to do", async () => {
    await administrate(`CREATE USER SOPHIA_SERVICE_ALT COMMENT = 'of the finance team'`);
    const error = await clear(snowflake, "password").catch((reason: unknown) => reason);
    assert.ok(error instanceof AutomationError);
    assert.equal(error.code, "rotation.leftover");
    assert.match(error.hint ?? "", /rotate --service snowflake --resume --stack development/);
    assert.notEqual(account.user("SOPHIA_SERVICE_ALT"), undefined);
  });

  it("fails with our own error, which shows no token, where the service does not answer", async () => {
    platform.addFault({ times: 9, effect: { kind: "status", status: 503 } });
    const error = await clearVercel().catch((reason: unknown) => reason);
    assert.ok(error instanceof AutomationError);
    assert.equal(error.code, "rotation.leftover");
    assert.doesNotMatch(`${error.message}${error.hint}`, new RegExp(CONTROL));
  });
});

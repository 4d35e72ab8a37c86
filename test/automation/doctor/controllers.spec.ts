/** Does `doctor` try the identities that make credentials at Snowflake and Estuary, and tell a refusal from a missing right and from silence? */
import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { type DoctorCheck } from "../../../automation/doctor";
import { checkEstuary, checkSnowflake } from "../../../automation/doctor/controllers";
import { addressesOf } from "../../../automation/doctor/outside";
import { systemHttp } from "../../../automation/http";
import { type Settings } from "../../../automation/settings";
import { said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

const NOBODY = "http://127.0.0.1:9";

describe("the controlling identities, as doctor tries them", function () {
  this.timeout(120_000);
  let sandbox: SpecSandbox;
  let settings: Settings;
  before(async () => {
    sandbox = await startSpecSandbox();
    settings = sandbox.session().settings;
  });
  after(() => sandbox?.dispose());

  describe("Snowflake", () => {
    const check = (more: { tokens?: object; snowflake?: object; url?: string }, timeoutMs?: number) =>
      checkSnowflake(
        {
          ...settings,
          tokens: { ...settings.tokens, ...more.tokens },
          snowflake: { ...settings.snowflake, ...more.snowflake },
          endpoints: { ...settings.endpoints, ...(more.url === undefined ? {} : { snowflake: more.url }) },
        },
        timeoutMs,
      );

    it("is fine where the administrator gets in with its role", async () => {
      assert.deepEqual(await check({}), {
        ...{ name: "snowflake", status: "ok" },
        detail: `SOPHIA_SNOWFLAKE_ADMIN_USER logs in with role ${settings.snowflake.adminRole}`,
      });
    });

    it("says that the password is refused, which variable it is and where a new one comes from", async () => {
      const password = "a-password-of-nobody";
      const found = await check({ tokens: { snowflakePassword: password } });
      assert.equal(found.status, "fail");
      assert.match(found.detail, /^SOPHIA_SNOWFLAKE_ADMIN_USER or its password is refused \(error 390100/);
      assert.match(
        found.fix ?? "",
        /^Check Snowflake credentials \(SOPHIA_SNOWFLAKE_ADMIN_USER and SOPHIA_SNOWFLAKE_ADMIN_PASSWORD\); .*: docs\/services\/snowflake\.md#/,
      );
      assert.ok(!JSON.stringify(found).includes(password));
    });

    it("says that the role is not granted", async () => {
      const found = await check({ snowflake: { adminRole: "ROLE_OF_OTHERS" } });
      assert.equal(found.status, "fail");
      assert.match(found.detail, /role ROLE_OF_OTHERS is not granted/);
      assert.match(found.fix ?? "", /^GRANT ROLE ROLE_OF_OTHERS TO USER .*sophia:snowflakeAdminRole/);
    });

    it("blames the connection where nobody answers, and where the answer does not come in time", async () => {
      const refused = await check({ url: NOBODY });
      assert.equal(refused.status, "fail");
      assert.match(
        refused.detail,
        /^no connection to Snowflake \(.+\); whether it takes the administrator is not known/,
      );
      const { url, server } = await listen(() => undefined);
      try {
        const begun = Date.now();
        const silent = await check({ url }, 500);
        assert.match(silent.detail, /^no connection to Snowflake/);
        assert.ok(Date.now() - begun < 8_000);
      } finally {
        await close(server);
      }
    });
  });

  describe("Estuary", () => {
    const check = (url: string | undefined, more: { token?: string; serviceAccount?: string } = {}) =>
      checkEstuary(
        {
          tokens: { ...settings.tokens, estuary: more.token ?? settings.tokens.estuary },
          estuary: { serviceAccount: more.serviceAccount ?? settings.estuary.serviceAccount },
        },
        url === undefined ? [] : [{ name: "ESTUARY_API_URL", url }],
        systemHttp(),
      );
    const own = () => sandbox.variables.ESTUARY_API_URL ?? sandbox.estuary.url;

    it("is fine where the token may manage the service account", async () => {
      assert.deepEqual(await check(own()), {
        ...{ name: "estuary", status: "ok", detail: "SOPHIA_ESTUARY_CONTROL_TOKEN may manage payready/sophia" },
      });
    });

    it("says that the token is refused, and where a new one is made", async () => {
      const token = "a-token-of-nobody";
      const found = await check(own(), { token });
      assert.equal(found.status, "fail");
      assert.match(found.detail, /^refuses SOPHIA_ESTUARY_CONTROL_TOKEN \(status 400\)$/);
      assert.match(found.fix ?? "", /Make a new SOPHIA_ESTUARY_CONTROL_TOKEN .*https:\/\/dashboard\.estuary\.dev/);
      assert.ok(!JSON.stringify(found).includes(token));
    });

    it("takes an error with status 200 for a refusal, and never for silence", async () => {
      const { url, server } = await listen((_request, response) => {
        response.end(JSON.stringify({ data: null, errors: [{ message: "Unauthenticated: no" }] }));
      });
      const found = await check(url);
      await close(server);
      assert.equal(found.detail, "refuses SOPHIA_ESTUARY_CONTROL_TOKEN (status 200)");
    });

    it("says that the token may not manage the account", async () => {
      const { detail, status } = await check(own(), { serviceAccount: "payready/other" });
      assert.equal(status, "fail");
      assert.match(detail, /may not manage service account payready\/other/);
    });

    it("blames no token where nobody answers or the service is down", async () => {
      const nobody = await check(NOBODY);
      assert.deepEqual([nobody.status, nobody.detail], ["fail", "no answer"]);
      assert.match(nobody.fix ?? "", /^Check the network/);
      const { url, server } = await listen((_request, response) => void response.writeHead(503).end());
      const down = await check(url);
      await close(server);
      assert.deepEqual([down.status, down.detail], ["fail", "answered 503"]);
      assert.doesNotMatch(down.fix ?? "", /token/i);
    });

    it("sends the token nowhere while its address is not known", async () => {
      assert.deepEqual(
        addressesOf(settings, "unreadable")
          .map(({ name }) => name)
          .sort(),
        [...["esc", "github", "snowflake", "vercel"]],
      );
      assert.equal((await check(undefined)).status, "warn");
    });
  });

  describe("doctor as a whole", () => {
    const doctor = async (env: Record<string, string>) => {
      const result = await sandbox.cliJson<{ checks: DoctorCheck[] }>(["doctor"], { env });
      return { result, status: Object.fromEntries(result.json.checks.map(({ name, status }) => [name, status])) };
    };

    it("exits 1 and names the two that are refused", async () => {
      const { result, status } = await doctor({
        SOPHIA_ESTUARY_CONTROL_TOKEN: "a-token-of-nobody",
        SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: "a-password-of-nobody",
      });
      assert.equal(result.code, 1, said(result));
      const failing = Object.entries(status).filter(([, word]) => word === "fail");
      assert.deepEqual(failing.map(([name]) => name).sort(), ["estuary", "snowflake"]);
    });

    it("with a wrong PULUMI_ACCESS_TOKEN blames the token, and no network of addresses that it had to guess", async () => {
      const { result, status } = await doctor({ PULUMI_ACCESS_TOKEN: `pul-${"0".repeat(40)}` });
      assert.equal(result.code, 1, said(result));
      assert.deepEqual([status.esc, status.network, status.estuary], ["fail", "ok", "warn"]);
      assert.doesNotMatch(result.stdout, /api\.gong\.io|api\.estuary\.dev/);
    });
  });
});

async function listen(handle: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

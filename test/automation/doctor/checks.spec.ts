/** Does each check of `doctor` tell a fault from health? */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endingAt } from "../../../automation/audit/tokens";
import { checkEnvFiles, checkPlugins, wantedPlugins } from "../../../automation/doctor/machine";
import { addressesOf, checkOrganization, checkReachable, checkTokens } from "../../../automation/doctor/outside";

const NOW = Date.parse("2026-11-23T09:00:00.000Z");

describe("checks of doctor", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sophia-doctor-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe("plugins", () => {
    it("wants those that the SDKs among the dependencies name", () => {
      const names = wantedPlugins(resolve(__dirname, "../../..")).map(({ name }) => name);
      assert.deepEqual(names.sort(), ["github", "pulumiservice", "random", "snowflake", "vercel"]);
    });

    it("names what is missing in that version, with the command that installs them", () => {
      mkdirSync(join(folder, "plugins", "resource-github-v6.15.0"), { recursive: true });
      const github = { name: "github", version: "6.15.0" };
      const wanted = [github, { name: "vercel", version: "5.4.1" }];
      assert.deepEqual(checkPlugins(wanted, { PULUMI_HOME: folder }), {
        name: "plugins",
        status: "warn",
        detail: "not here yet: vercel 5.4.1",
        fix: "The first up fetches them. To do it now: pulumi install",
      });
      assert.equal(checkPlugins([github], { PULUMI_HOME: folder }).status, "ok");
      assert.equal(checkPlugins([{ ...github, version: "6.15.1" }], { PULUMI_HOME: folder }).status, "warn");
    });
  });

  describe("env files", () => {
    it("finds one that git tracks, one that others can read, and none that is sound", async () => {
      execFileSync("git", ["init", "-q"], { cwd: folder });
      for (const [name, mode] of [
        [".env.tracked", 0o600],
        [".env.open", 0o644],
        [".env.sound", 0o600],
      ] as const) {
        writeFileSync(join(folder, name), "A=1\n");
        chmodSync(join(folder, name), mode);
      }
      execFileSync("git", ["add", "-f", ".env.tracked"], { cwd: folder });
      const found = await checkEnvFiles(folder, process.env);
      assert.deepEqual(
        found.map(({ name, status, fix }) => [name, status, fix]),
        [
          [".env.open", "warn", "chmod 600 .env.open"],
          [".env.tracked", "fail", "git rm --cached .env.tracked, then rotate what is in it."],
        ],
      );
    });
  });

  describe("network", () => {
    it("tells an address that takes connections from one that does not", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((done) => server.once("listening", done));
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      assert.deepEqual(await checkReachable([{ name: "esc", url }]), {
        name: "network",
        status: "ok",
        detail: "1 addresses take connections",
      });
      await new Promise((done) => server.close(done));
      const { status, detail } = await checkReachable([{ name: "esc", url }]);
      assert.deepEqual([status, detail], ["fail", `no connection to esc at 127.0.0.1:${port} (ECONNREFUSED)`]);
    });

    it("looks at the endpoints, at Snowflake's own address by its account, and at addresses that variables hold", () => {
      const settings = {
        endpoints: {
          esc: "https://a.example",
          github: "https://b.example",
          vercel: "https://c.example",
          snowflake: "",
        },
        snowflake: { organizationName: "ORG", accountName: "MY_ACCOUNT" } as never,
        values: { GONG_BASE_URL: "https://us-1.api.gong.example" },
      };
      const kept = { GONG_BASE_URL: "https://b.example", ESTUARY_API_URL: "https://estuary.example" };
      const addresses = addressesOf(settings, { service: () => ({ settings: kept, slots: {} }) });
      assert.deepEqual(
        addresses.map(({ name, url }) => `${name} ${url}`),
        [
          "esc https://a.example",
          "github https://b.example",
          "vercel https://c.example",
          "snowflake https://org-my-account.snowflakecomputing.com",
          "GONG_BASE_URL https://us-1.api.gong.example",
          "ESTUARY_API_URL https://estuary.example",
        ],
      );
      assert.equal(addressesOf(settings, undefined).at(-1)?.url, "https://api.estuary.dev");
    });
  });

  it("tokens: an ended one fails, one that ends soon warns, the others are fine", () => {
    const at = (days: number) => endingAt("GITHUB_TOKEN", new Date(NOW + days * 86_400_000).toISOString(), NOW);
    const unknown = { token: "A", expires: "unknown", state: "unknown" } as const;
    const checks = checkTokens([at(-1), at(3), at(90), unknown]);
    assert.deepEqual(
      checks.map(({ status, detail }) => `${status} ${detail}`),
      [
        "fail GITHUB_TOKEN ended (2026-11-22, -1 days)",
        "warn GITHUB_TOKEN ends soon (2026-11-26, 3 days)",
        "ok GITHUB_TOKEN ends on 2027-02-21, 90 days from now",
        "ok nothing is known of the end of A",
      ],
    );
    assert.match(checks[0]?.fix ?? "", /^Make a new GITHUB_TOKEN/);
  });

  it("membership: says which organizations the token opens where ours is not among them", () => {
    assert.equal(checkOrganization("payready", ["payready"])[0]?.status, "ok");
    assert.equal(checkOrganization("payready", ["acme"])[0]?.detail, "PULUMI_ACCESS_TOKEN opens acme, not payready");
    assert.deepEqual(checkOrganization("payready", undefined), []);
  });
});

/** Does an access audit find everybody who may read, and say what it could not see? Over real sockets against the stand-ins. */
import assert from "node:assert/strict";
import { ApiReader } from "../../../automation/api-reader";
import { auditAccess, type AccessAudit } from "../../../automation/audit/access/access";
import { systemHttp } from "../../../automation/http";
import { accessText } from "../../../automation/reports/access";
import { accessPage } from "../../../automation/reports/access-html";
import { queryAsAdministrator } from "../../../automation/snowflake-admin";
import { services } from "../../../services";
import { startStandIns, type StandIns } from "../../support/stand-ins";

const CREATED = "2025-03-04T05:06:07.000Z";

describe("audit --access", function () {
  this.timeout(60_000);
  let world: StandIns;
  before(async () => void (world = await startStandIns()));
  after(() => world.close());

  const audit = (environment = {}): Promise<AccessAudit> =>
    auditAccess(
      world.session(environment),
      services,
      new ApiReader({ ...systemHttp(), sleep: async () => undefined }),
      0,
    );
  const of = ({ places }: AccessAudit, place: string) =>
    places.find((one) => one.place === place) ?? assert.fail(`no ${place}`);
  const rows = (all: AccessAudit, place: string) =>
    of(all, place).accessors.map(({ who, kind, how, via }) =>
      [kind, who, ...(via === undefined ? [] : [via]), how].join(" | "),
    );

  it("lists members, teams with a permission on the stack's environments, and tokens of Pulumi", async () => {
    const { organization } = world.esc;
    Object.assign(organization, {
      defaultEnvironmentPermission: "read",
      members: [
        { login: "sandbox", role: "admin", created: CREATED },
        { login: "zoe", role: "member", created: CREATED },
        ...Array.from({ length: 120 }, (_, index) => ({
          login: `m${String(index).padStart(3, "0")}`,
          role: "member",
          created: CREATED,
        })),
      ],
      teams: [
        {
          ...{
            name: "data",
            members: ["zoe"],
            tokens: [{ name: "nightly", createdBy: "zoe", created: CREATED, lastUsed: 1_764_000_000 }],
          },
          environments: [
            { projectName: "sophia", envName: "development", permission: "open" },
            { projectName: "sophia", envName: "other", permission: "admin" },
          ],
        },
        {
          name: "elsewhere",
          members: ["yan"],
          environments: [{ projectName: "other", envName: "development", permission: "admin" }],
        },
      ],
      tokens: [{ name: "ci", createdBy: "zoe", created: CREATED, admin: true, expires: 1_800_000_000 }],
    });
    const found = await audit();
    const members = rows(found, "esc members of payready");
    assert.equal(members.length, 122);
    assert.ok(members.includes("user | zoe | member: read on every environment"));
    assert.ok(members.includes("user | sandbox | admin: every environment"));
    assert.deepEqual(rows(found, "esc teams of payready"), [
      "team | data | open on sophia/development",
      "token | nightly | team data | open on sophia/development, made by zoe, no end",
      "user | zoe | team data | open on sophia/development",
    ]);
    assert.deepEqual(rows(found, "esc tokens of payready"), [
      "token | ci | admin: every environment, made by zoe",
      "token | sandbox | the user of PULUMI_ACCESS_TOKEN | as its owner, made by sandbox, no end",
    ]);
    assert.equal(of(found, "esc members of payready").accessors.at(-1)?.since, CREATED);
  });

  it("lists whoever may push at GitHub, keys that may, and what protects environments", async () => {
    const collaborators = Object.fromEntries(
      Array.from({ length: 130 }, (_, index) => [`dev${index}`, "write" as const]),
    );
    world.github.setPeople("sophia", {
      collaborators: { ...collaborators, ada: "admin", rita: "read", tim: "triage" },
      deployKeys: [
        { title: "mirror", readOnly: true },
        { title: "bot", readOnly: false },
      ],
    });
    const put = (name: string, body: object) =>
      fetch(`${world.github.url}/api/v3/repos/payready/sophia/environments/${name}`, {
        ...{ method: "PUT", body: JSON.stringify(body) },
        headers: { authorization: `Bearer ${world.environment.GITHUB_TOKEN ?? ""}` },
      });
    await put("open", {});
    await put("production", {
      wait_timer: 30,
      reviewers: [{ type: "User", id: 7 }],
      deployment_branch_policy: { protected_branches: true },
    });
    const found = await audit();
    const list = rows(found, "github payready/sophia");
    assert.equal(list.filter((row) => row.startsWith("user ")).length, 131);
    assert.ok(list.includes("user | ada | admin: by a workflow that it pushes"));
    assert.deepEqual(
      list.filter((row) => !row.startsWith("user ")),
      [
        "environment | open | no protection: every branch",
        "environment | production | after 30 min, approved by one of user-7, from chosen branches; admins may bypass it",
        "key | bot | deploy key with write: by a workflow that it pushes",
      ],
    );
    assert.equal(of(found, "github payready/sophia").notes[0], "2 more may read the code, and no secret.");
  });

  it("lists members and tokens of Vercel, and takes the tokens of this stack for one", async () => {
    world.vercel.setMembers([
      { username: "owen", role: "OWNER", createdAt: 2 },
      { username: "vera", role: "VIEWER", confirmed: false, createdAt: 1 },
    ]);
    const mint = (name: string) =>
      fetch(`${world.vercel.url}/v3/user/tokens?teamId=team_123456789`, {
        ...{ method: "POST", body: JSON.stringify({ name }) },
        headers: { authorization: `Bearer ${world.environment.SOPHIA_VERCEL_CONTROL_TOKEN ?? ""}` },
      });
    for (const name of ["sophia-development-vercel-a-1", "sophia-development-vercel-b-1", "mine"]) await mint(name);
    const found = await audit();
    assert.deepEqual(rows(found, "vercel members of team_123456789"), [
      "user | owen | OWNER",
      "user | vera | VIEWER, invited",
    ]);
    assert.deepEqual(rows(found, "vercel tokens of the controlling user"), [
      "token | mine | only team_123456789, no end",
      "token | sandbox control | the whole account, no end",
      "token | sophia-development-vercel-* | only team_123456789",
    ]);
  });

  it("lists who has the Snowflake role, who owns its users, and what it reaches", async () => {
    const { settings } = world.session();
    for (const statement of [
      'GRANT USAGE ON DATABASE "SOPHIA_DB" TO ROLE "SOPHIA_ROLE"',
      'GRANT USAGE, MONITOR ON WAREHOUSE "SOPHIA_WH" TO ROLE "SOPHIA_ROLE"',
      'GRANT ROLE "SOPHIA_ROLE" TO ROLE "SYSADMIN"',
    ])
      await queryAsAdministrator(settings, statement);
    const found = await audit();
    assert.deepEqual(rows(found, "snowflake role SOPHIA_ROLE"), [
      "role | SYSADMIN | has the role, granted by ACCOUNTADMIN",
      "user | SOPHIA_SERVICE* | has the role, granted by USERADMIN",
    ]);
    assert.deepEqual(rows(found, "snowflake users of SOPHIA_ROLE"), [
      "role | USERADMIN | OWNERSHIP of SOPHIA_SERVICE*",
    ]);
    assert.deepEqual(rows(found, "snowflake reach of SOPHIA_ROLE"), [
      "object | DATABASE SOPHIA_DB | USAGE",
      "object | WAREHOUSE SOPHIA_WH | MONITOR, USAGE",
    ]);
  });

  it("lists service accounts, keys and open invitations of Estuary, and leaves Gong to a person", async () => {
    world.estuary.mint("sophia-development-estuary-a-1");
    world.estuary.grant("payready/sophia", "shared/", "write");
    world.estuary.invite("payready/", "admin");
    const found = await audit();
    assert.deepEqual(rows(found, "estuary service accounts"), [
      "link | payready/ | admin for whoever has the link, once",
      "service account | payready/sophia | read on payready/, write on shared/",
      "token | sophia-development-estuary-* | payready/sophia | read on payready/, write on shared/",
    ]);
    const { state, reason } = of(found, "gong");
    assert.deepEqual([state, reason], ["no api", "Gong has no API that says who has a credential"]);
  });

  it("says of each place that it could not see why not, and what would help", async () => {
    Object.assign(world.esc.organization, { edition: "team" });
    world.github.addFault({ path: "/collaborators$", times: 9, effect: { kind: "status", status: 500 } });
    try {
      const found = await audit({
        SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: undefined,
        SOPHIA_ESTUARY_CONTROL_TOKEN: undefined,
      });
      const states = Object.fromEntries(
        found.places.map(({ place, state, reason }) => [place, `${state}: ${reason ?? ""}`]),
      );
      assert.equal(states["esc teams of payready"], "not available: status 403");
      assert.equal(states["snowflake role SOPHIA_ROLE"], "not asked: no administrator is set");
      assert.equal(states["estuary service accounts"], "not asked: no controlling token is set");
      assert.equal(states["github payready/sophia"], "unreadable: status 500");
      assert.equal(states["esc members of payready"], "read: ");
      const text = accessText({ audit: found, signed: undefined, unexpected: [] });
      assert.match(text, /not available: status 403\. Teams come with the Enterprise editions/);
      assert.ok(text.split("\n").every((line) => line.length <= 100));
      const narrow = accessText({ audit: found, signed: undefined, unexpected: [] }, false, 80);
      assert.deepEqual(
        narrow.split("\n").filter((line) => line.length > 80),
        [],
      );
    } finally {
      world.github.clearFaults();
      Object.assign(world.esc.organization, { edition: "enterprise" });
    }
  });

  it("shows no value of a secret, in any format", async () => {
    const found = await audit();
    const report = { audit: found, signed: undefined, unexpected: [] };
    for (const text of [accessText(report), accessPage(report), JSON.stringify(found)])
      assert.doesNotMatch(text, /canary/);
  });
});

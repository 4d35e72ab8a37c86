/** Does what runs at Vercel read the new values before the old credential goes? */
import assert from "node:assert/strict";
import { systemHttp } from "../../automation/http";
import { redeploy } from "../../automation/redeploy";
import { rotate } from "../../automation/rotation/rotate";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";
import { RotationWorld, servicesNamed } from "../support/rotation-world";

const TOKEN = "canaryvercelcontroltoken0123456789";
const TEAM = "team_1";
const PROJECT = "prj_1";

describe("redeploy", () => {
  let now = 1_000_000;
  let vercel: VercelStandIn;
  beforeEach(async () => {
    now = 1_000_000;
    const projects = [{ id: PROJECT, name: "sophia" }];
    const team = { id: TEAM, slug: "payready" };
    vercel = await startVercel({ controlToken: TOKEN, team, projects, buildMilliseconds: 60_000, now: () => now });
  });
  afterEach(() => vercel.close());

  const ask = (path: string, body?: object) =>
    fetch(`${vercel.url}${path}?teamId=${TEAM}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const deploy = async (target?: string) => {
    assert.equal((await ask("/v13/deployments", { name: "sophia", project: PROJECT, target })).status, 200);
    now += 61_000;
  };
  const write = (value: string) =>
    ask(`/v10/projects/${PROJECT}/env`, { key: "GONG_API_KEY", value, type: "encrypted", target: ["production"] });
  const run = async (token = TOKEN, fetch = systemHttp().fetch) => {
    const settings = {
      vercel: { team: TEAM, project: PROJECT, targets: ["production", "preview"] },
      endpoints: { vercel: vercel.url, esc: "", github: "", snowflake: "" },
      tokens: { pulumi: "", github: "", vercel: token, estuary: "", snowflakeUser: "", snowflakePassword: "" },
    };
    const http = { ...systemHttp(), fetch, sleep: async () => undefined };
    const sleep = async (milliseconds: number) => void (now += milliseconds);
    const made = await redeploy({ settings, http, now: () => now, sleep });
    return made.map(({ target, outcome, detail }) => `${target} ${outcome}: ${detail}`);
  };
  const NONE = "preview none: no deployment of it is ready, so nothing reads the old values there";

  it("does not take a production build for done that was staged and serves nobody", async () => {
    await deploy("production");
    const staged: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (typeof input !== "string" || !input.includes("/v13/deployments/")) return response;
      return Response.json({ ...((await response.json()) as object), readySubstate: "STAGED" });
    };
    assert.deepEqual(await run(TOKEN, staged), [
      "production waiting: not ready, or not promoted, after 15 minutes",
      NONE,
    ]);
  });

  it("builds the newest of a target again and waits until programs read what is there now", async () => {
    await deploy("production");
    assert.equal((await write("new")).status, 201);
    assert.deepEqual(await run(), ["production ready: built again, ready", NONE]);
    const made = vercel.deployments();
    assert.deepEqual(
      made.map(({ target, variables }) => [target, variables]),
      [
        ["production", {}],
        ["production", { GONG_API_KEY: "new" }],
      ],
    );
    assert.ok(now >= (made.at(-1)?.readyAt ?? Infinity));
  });

  it("leaves a target alone in which nothing runs", async () => {
    await deploy();
    assert.deepEqual(await run(), [
      "production none: no deployment of it is ready, so nothing reads the old values there",
      "preview ready: built again, ready",
    ]);
  });

  it("says that a build has failed", async () => {
    await deploy("production");
    vercel.failNextDeployments(1);
    assert.deepEqual(await run(), ["production failed: its build ended as ERROR", NONE]);
  });

  it("asks for one build and no second one when Vercel does not answer", async () => {
    await deploy("production");
    vercel.addFault({ method: "POST", path: "/v13/deployments", effect: { kind: "effect-without-reply" } });
    assert.match((await run())[0] ?? "", /^production failed: Vercel did not answer \(.+\)$/);
    assert.equal(vercel.deployments().length, 2);
  });

  it("says what Vercel answered where it refuses", async () => {
    assert.match((await run("wrongtoken0123456789wrong"))[0] ?? "", /^production failed: .*\(status 403\)$/);
  });

  it("gives up after a quarter of an hour", async () => {
    await deploy("production");
    vercel.addFault({
      ...{ method: "GET", path: "^/v13/deployments/", times: 1_000_000 },
      effect: { kind: "status", status: 200, body: { readyState: "BUILDING" } },
    });
    assert.deepEqual((await run())[0], "production waiting: not ready, or not promoted, after 15 minutes");
  });
});

describe("rotate --redeploy", () => {
  let world: RotationWorld;
  beforeEach(async () => {
    world = await RotationWorld.start();
  });
  afterEach(() => world.close());

  const run = async (outcome: "ready" | "failed", services = servicesNamed("snowflake"), isAskedFor = true) => {
    let asked = 0;
    const redeployment = { target: "production", outcome, detail: "as it says", durationMs: 1 } as const;
    const context = { ...world.driver().context, redeploy: async () => ((asked += 1), [redeployment]) };
    const report = await rotate({ services, graceMs: 0, redeploy: isAskedFor }, context);
    return { report, asked, outcomes: report.services.map((one) => one.outcome) };
  };

  it("builds once for all services, after the promotion is confirmed, and only when it is asked for", async () => {
    const services = servicesNamed("snowflake", "vercel");
    const { report, asked, outcomes } = await run("ready", services);
    assert.deepEqual([asked, outcomes], [1, ["rotated", "rotated"]]);
    assert.deepEqual(
      report.redeployments?.map(({ target }) => target),
      ["production"],
    );
    assert.equal((await run("ready", services, false)).asked, 0);
  });

  it("keeps the old credential when the build fails: programs that run still read it", async () => {
    const { report, outcomes } = await run("failed");
    assert.deepEqual(outcomes, ["stopped"]);
    assert.match(report.services[0]?.summary ?? "", /^Vercel's new deployment did not come about \(production: as it/);
    assert.equal(world.aliveCount("snowflake"), 2);
    assert.deepEqual((await run("ready")).outcomes, ["rotated"]);
  });
});

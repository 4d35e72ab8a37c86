/** What does each command cost? Calls, writes, starts of the Pulumi CLI and bytes of state are counted: times depend on the machine. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type StandIn } from "../../sandbox/kit/stand-in";
import { readTestToolchain } from "../support/engine";
import { isChange, said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

/**
 * Of each service, calls and, after a stroke, those of them that change something: at Snowflake statements, at Estuary unknown (all is one POST).
 * What costs more fails, and so does what costs less, until its line here says so. `≤`: the provider's driver opens connections as it likes.
 */
const COST = `
                       | pulumi | esc   | github | vercel | snowflake | gong | estuary
up, nothing there yet  | 4      | 17/7  | 58/17  | 28/14  | ≤37/8     | 0/0  | 2
up, nothing to do      | 4      | 8/0   | 1/0    | 1/0    | 8/0       | 0/0  | 0
preview, nothing to do | 3      | 6/0   | 1/0    | 1/0    | 8/0       | 0/0  | 0
sync, nothing to do    | 5      | 8/0   | 20/0   | 1/0    | 5/0       | 0/0  | 0
up, one variable       | 4      | 8/0   | 3/1    | 2/1    | 8/0       | 0/0  | 0
rotate snowflake       | 6      | 50/10 | 12/2   | 7/2    | ≤55/4     | 0/0  | 0
audit                  | 3      | 15/0  | 3/0    | 10/0   | 0/0       | 0/0  | 0
test                   | 0      | 3/0   | 1/0    | 2/0    | 3/0       | 1/0  | 1
`;

/** Columns in which a stand-in for a plugin counts too. The vendor's own, where it could be downloaded, asks what the vendor likes. */
const PLUGINS: Readonly<Record<string, string>> = { esc: "pulumiservice", vercel: "vercel" };

const READING = /^(select|show|describe|desc|use)\b/i;
const PROJECT = "prj_123456789";
const VARIABLE = "GONG_BASE_URL";

/** What one command has asked of others. */
interface Measured {
  /** Cells of the table. */
  readonly cells: readonly string[];
  /** Its requests that change something, by service. */
  readonly writes: readonly string[];
  /** Everything, for whoever has to find out what became more. */
  readonly all: readonly string[];
}

describe("the cost", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let bin: string;
  const { PATH: path = "" } = process.env;
  let starts: string;
  /** Names of the plugins that are stand-ins. */
  let standInPlugins: readonly string[];

  before(async () => {
    sandbox = await startSpecSandbox();
    starts = join(sandbox.folder, "starts");
    bin = join(sandbox.folder, "bin");
    const { pulumi, plugins } = await readTestToolchain();
    standInPlugins = plugins.filter(({ source }) => source === "stand-in").map(({ name }) => name);
    const wrapper = `#!/bin/sh\nprintf '%s %s\\n' "$1" "$2" >>'${starts}'\nexec '${pulumi.path}' "$@"\n`;
    await mkdir(bin);
    await writeFile(join(bin, "pulumi"), wrapper, { mode: 0o755 });
    process.env.PATH = [bin, process.env.PATH].join(delimiter);
  });
  after(async () => {
    process.env.PATH = path;
    await sandbox?.dispose();
  });

  /** Runs a command, with the Pulumi CLI asked as often as a process of its own asks it. */
  async function measure(...words: string[]): Promise<Measured> {
    await writeFile(starts, "");
    for (const standIn of sandbox.standIns()) standIn.clearRequests();
    const earlier = sandbox.snowflake.statements().length;
    const env = { PATH: [bin, sandbox.variables.PATH].join(delimiter) };
    const result = await sandbox.cli(words, { env, asksAnew: true });
    assert.equal(result.code, 0, said(result));
    const statements = sandbox.snowflake.statements().slice(earlier);
    const changes = statements.map(({ verb }) => verb).filter((verb) => !READING.test(verb));
    const cli = (await readFile(starts, "utf8")).split("\n").filter(Boolean);
    const asked = Object.fromEntries(sandbox.standIns().map((standIn) => [standIn.name, askedOf(standIn, changes)]));
    const { esc, github, vercel, snowflake, gong, estuary } = asked;
    const cellOf = (one: Asked | undefined) => `${one?.all.length}/${one?.writes.length}`;
    const cells = [
      String(cli.length),
      ...[esc, github, vercel, snowflake, gong].map(cellOf),
      String(estuary?.all.length),
    ];
    const named = (what: keyof Asked) =>
      Object.entries(asked).flatMap(([name, one]) => one[what].map((request) => `${name} ${request}`));
    return { cells, writes: named("writes"), all: [...cli.map((verb) => `pulumi ${verb}`), ...named("all")] };
  }

  /** Compares with the line of the table. */
  function assertCost(name: string, { cells, all }: Measured): void {
    const [[, ...heads] = [], ...lines] = COST.trim()
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()));
    const expected = lines.find(([head]) => head === name)?.slice(1) ?? assert.fail(`no line for ${name}`);
    const unmet = heads.flatMap((head, index) => {
      const [cell = "", limit = ""] = [cells[index], expected[index]];
      const plugin = PLUGINS[head];
      if (meets(cell, limit) || (plugin !== undefined && !standInPlugins.includes(plugin))) return [];
      return [`${head}: ${cell} instead of ${limit}`];
    });
    assert.deepEqual(unmet, [], `${name} costs ${unmet.join(", ")}; it was\n${counted(all).join("\n")}`);
  }

  /** Runs a command, compares its cost, and makes sure that it changes nothing outside. */
  async function measureLooking(name: string, ...words: string[]): Promise<void> {
    const before = await state();
    const measured = await measure(...words);
    assertCost(name, measured);
    assert.deepEqual(measured.writes.filter(isSurelyWrite), []);
    assert.equal((await state()).resources, before.resources);
    // Times and numbers are not all of the same length.
    assert.ok(
      Math.abs((await state()).bytes - before.bytes) <= 20,
      `${before.bytes} bytes became ${(await state()).bytes}`,
    );
  }

  async function state(): Promise<{ readonly bytes: number; readonly resources: number }> {
    const file = join(sandbox.directory, "state", ".pulumi", "stacks", "sophia", "development.json");
    const text = await readFile(file, "utf8");
    const { checkpoint } = JSON.parse(text) as { checkpoint: { latest: { resources: unknown[] } } };
    return { bytes: text.length, resources: checkpoint.latest.resources.length };
  }

  it("of the first up, and of the state that it leaves: at most 2,680 bytes a resource", async () => {
    assertCost("up, nothing there yet", await measure("up"));
    const { bytes, resources } = await state();
    assert.equal(resources, 60);
    assert.ok(bytes <= 2680 * resources, `${bytes} bytes`);
  });

  it("of an up that has nothing to do: no write", () => measureLooking("up, nothing to do", "up"));

  it("of a preview: no write", () => measureLooking("preview, nothing to do", "preview"));

  it("of a sync that has nothing to do: no write", () =>
    measureLooking("sync, nothing to do", "sync-github", "--repo", "payready/sophia"));

  it("of one variable that has changed: one write at each place that holds a copy, none in ESC", async () => {
    const text = sandbox.esc.text("sophia", "development-intake");
    const changed = text.replace(new RegExp(`(${VARIABLE}"?: "?http://[0-9.:]+)`), "$1/");
    assert.notEqual(changed, text);
    sandbox.esc.edit("sophia", "development-intake", changed);
    const measured = await measure("up");
    assertCost("up, one variable", measured);
    const { id } = sandbox.vercel.variables(PROJECT).find(({ key }) => key === VARIABLE) ?? assert.fail("not there");
    assert.deepEqual(measured.writes, [
      `github PATCH /api/v3/repos/payready/sophia/actions/variables/${VARIABLE}`,
      `vercel PATCH /v10/projects/${PROJECT}/env/${id}`,
    ]);
  });

  it("of a rotation: three runs of the engine, one write at each place for each of the two variables, and no larger state", async () => {
    const before = await state();
    const measured = await measure("rotate", "--service", "snowflake", "--grace", "0");
    assertCost("rotate snowflake", measured);
    assert.equal(measured.all.filter((one) => one.startsWith("pulumi up ")).length, 3);
    const after = await state();
    assert.equal(after.resources, before.resources);
    // The second user's name is longer, wherever it stands.
    assert.ok(after.bytes - before.bytes <= 150, `${before.bytes} bytes became ${after.bytes}`);
  });

  it("of an audit: no write, and no run of the engine", () => measureLooking("audit", "audit", "--output", "none"));

  it("of a test: no write, and no start of the CLI", () => measureLooking("test", "test", "--output", "none"));
});

/** What is asked of Estuary is a POST, whatever it does. */
const isSurelyWrite = (request: string): boolean => !request.startsWith("estuary ");

/** Both are calls, and writes where they are known. */
function meets(cell: string, expected: string): boolean {
  if (!expected.startsWith("≤")) return cell === expected;
  const [[calls = "", writes], [most = "", exactly]] = [cell.split("/"), expected.slice(1).split("/")];
  return Number(calls) <= Number(most) && writes === exactly;
}

interface Asked {
  readonly all: readonly string[];
  readonly writes: readonly string[];
}

/** What was asked of one service; telemetry is when the driver likes. `statements` are those that change something at Snowflake. */
function askedOf(standIn: StandIn, statements: readonly string[]): Asked {
  const requests = standIn.requests().filter((request) => !request.path.startsWith("/telemetry"));
  const texts = (some: typeof requests) => some.map((request) => `${request.method} ${request.path}`);
  return { all: texts(requests), writes: standIn.name === "snowflake" ? statements : texts(requests.filter(isChange)) };
}

/** Equal ones together, with their number; an id in a path makes no difference. */
function counted(requests: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const request of requests) {
    const kind = request.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "…");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${String(count).padStart(4)} ${kind}`);
}

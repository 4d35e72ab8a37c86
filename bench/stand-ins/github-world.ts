/** How does a GitHub look, without limits or with them, that a program can reach by TCP and by a Unix socket? */
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGitHub, type GitHubStandIn, type SecondaryLimits } from "../../sandbox/github";
import { type GitHubWorld, type RepositorySecrets } from "./protocol";

const TOKEN = `ghp_${"bench".repeat(7)}0`;
const OWNER = "payready";

/** A stand-in of the bench's own. */
export interface OpenGitHub {
  readonly standIn: GitHubStandIn;
  readonly facts: Omit<GitHubWorld, "world">;
  /** What lies in the repositories, opened. */
  readonly secrets: () => RepositorySecrets;
  readonly close: () => Promise<void>;
}

/** Starts it. A client that only knows how to speak to a Unix socket gets one, which passes everything on. */
export async function openGitHub(
  repositories: readonly string[],
  secondaryLimits?: SecondaryLimits,
): Promise<OpenGitHub> {
  const standIn = await startGitHub({
    ...{ tokens: [TOKEN], organization: OWNER, repositories, hourlyLimit: Number.MAX_SAFE_INTEGER },
    ...(secondaryLimits ? { secondaryLimits } : {}),
  });
  const folder = await mkdtemp(join(tmpdir(), "sophia-bench-github-"));
  const socket = join(folder, "socket");
  const door = createServer((client) => {
    const server = connect(standIn.port, "127.0.0.1");
    client.pipe(server).pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  });
  await new Promise<void>((done) => door.listen(socket, done));
  return {
    standIn,
    facts: { apiUrl: `${standIn.url}/api/v3`, socket, token: TOKEN, owner: OWNER },
    secrets: () =>
      Object.fromEntries(
        repositories.map((repository) => {
          const scope = { kind: "repository", repository } as const;
          const values = standIn.secrets(scope).map(({ name }) => [name, standIn.openedSecret(scope, name) ?? ""]);
          return [repository, Object.fromEntries(values) as Record<string, string>];
        }),
      ),
    close: async () => {
      door.close();
      await standIn.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

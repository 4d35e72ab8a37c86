/** How do new values reach what runs at Vercel? A deployment keeps the values that it was built with, so the newest one of each target is built again. */
import { ApiReader, UnreadableError } from "./api-reader";
import { NoAnswerError, sendRequest, type HttpDependencies } from "./http";
import { type Settings } from "./settings";

/**
 * What became of one target's newest deployment: `ready`: programs of it read the new values. `none`: nothing is deployed there. `failed`: Vercel
 * refused, or the build failed. `waiting`: not ready within the time given.
 */
export interface Redeployment {
  readonly target: string;
  readonly outcome: "ready" | "none" | "failed" | "waiting";
  /** One sentence. */
  readonly detail: string;
  /** Host of the new deployment. */
  readonly url?: string;
  readonly durationMs: number;
}

/** What it depends on. `sleep` rejects when the user interrupts; times in milliseconds. */
export interface RedeployWorld {
  readonly settings: Pick<Settings, "vercel" | "endpoints" | "tokens">;
  readonly http: HttpDependencies;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A build that takes longer than this is not waited for. Milliseconds. */
const PATIENCE_MS = 15 * 60_000;
const LONGEST_PAUSE_MS = 5_000;

/** Builds the newest ready deployment of each of the stack's targets again and waits for it. Throws only when the user interrupts. */
export async function redeploy(world: RedeployWorld): Promise<Redeployment[]> {
  return Promise.all(world.settings.vercel.targets.map((target) => redeployTarget(target, world)));
}

async function redeployTarget(target: string, world: RedeployWorld): Promise<Redeployment> {
  const started = world.now();
  const end = (outcome: Redeployment["outcome"], detail: string, url?: string): Redeployment => {
    return { target, outcome, detail, ...(url === undefined ? {} : { url }), durationMs: world.now() - started };
  };
  try {
    const newest = await findNewest(target, world);
    if (!newest) return end("none", "no deployment of it is ready, so nothing reads the old values there");
    const { id, url } = await createAgain(newest, target, world);
    const state = await waitUntilDone(id, started + PATIENCE_MS, world);
    if (state === "READY") return end("ready", "built again, ready", url);
    if (state === undefined)
      return end("waiting", `not ready, or not promoted, after ${PATIENCE_MS / 60_000} minutes`, url);
    return end("failed", `its build ended as ${state}`, url);
  } catch (error) {
    if (error instanceof UnreadableError) return end("failed", `Vercel could not be asked (${error.reason})`);
    if (error instanceof NoAnswerError) return end("failed", `Vercel did not answer (${error.reason})`);
    throw error;
  }
}

interface Deployment {
  readonly uid: string;
  readonly name: string;
}

/** https://vercel.com/docs/rest-api/deployments/list-deployments: newest first. */
async function findNewest(target: string, { settings, http }: RedeployWorld): Promise<Deployment | undefined> {
  const { endpoints, vercel, tokens } = settings;
  const query = new URLSearchParams({
    ...{ projectId: vercel.project, teamId: vercel.team, target, state: "READY", limit: "1" },
  });
  const url = `${endpoints.vercel}/v6/deployments?${query.toString()}`;
  const { deployments } = await new ApiReader(http).json<{ deployments?: Deployment[] }>({ url, token: tokens.vercel });
  return deployments?.[0];
}

/** https://vercel.com/docs/rest-api/deployments/create-a-new-deployment, as `vercel redeploy` does it. Not repeated: each call builds. */
async function createAgain({ uid, name }: Deployment, target: string, { settings, http }: RedeployWorld) {
  const { endpoints, vercel, tokens } = settings;
  const body = {
    ...{ name, deploymentId: uid, meta: { action: "redeploy" } },
    // Left out, it is a preview.
    ...(target === "production" ? { target } : {}),
  };
  const { status, text } = await sendRequest(
    {
      method: "POST",
      url: `${endpoints.vercel}/v13/deployments?forceNew=1&teamId=${encodeURIComponent(vercel.team)}`,
      headers: {
        authorization: `Bearer ${tokens.vercel}`,
        ...{ "content-type": "application/json", accept: "application/json", "user-agent": "sophia-secrets" },
      },
      body: JSON.stringify(body),
    },
    http,
  );
  if (status < 200 || status >= 300) throw new UnreadableError(`status ${status}`);
  const made = parseDeployment(text);
  if (!made) throw new UnreadableError("an answer that names no deployment");
  return made;
}

function parseDeployment(text: string): { readonly id: string; readonly url?: string } | undefined {
  try {
    const { id, url } = JSON.parse(text) as { id?: unknown; url?: unknown };
    if (typeof id !== "string") return undefined;
    return { id, ...(typeof url === "string" ? { url } : {}) };
  } catch {
    return undefined;
  }
}

/** Vercel's last word, or undefined where there is none by `until`. https://vercel.com/docs/rest-api/deployments/get-a-deployment-by-id-or-url */
async function waitUntilDone(id: string, until: number, world: RedeployWorld): Promise<string | undefined> {
  const { endpoints, vercel, tokens } = world.settings;
  const api = new ApiReader(world.http);
  const url = `${endpoints.vercel}/v13/deployments/${encodeURIComponent(id)}?teamId=${encodeURIComponent(vercel.team)}`;
  for (let pause = 250; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const deployment = await api.json<{ readyState?: string; readySubstate?: string }>({ url, token: tokens.vercel });
    const { readyState = "", readySubstate } = deployment;
    // A staged production build serves nobody until it is promoted: what people reach still reads the old values.
    // https://vercel.com/docs/deployments/promoting-a-deployment
    const isServing = readySubstate !== "STAGED";
    if (isServing && ["READY", "ERROR", "CANCELED", "BLOCKED"].includes(readyState)) return readyState;
    if (world.now() >= until) return undefined;
    await world.sleep(pause);
  }
}

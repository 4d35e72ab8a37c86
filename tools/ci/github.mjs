// How does a job speak to GitHub's API? With the job's own token, which goes to that one address and nowhere else.
import { setTimeout as sleep } from "node:timers/promises";

const ATTEMPTS = 4;
const DEADLINE_MS = 20_000;
/** Pages of 100 that are read at most. */
const MOST_PAGES = 50;

/**
 * @typedef {object} GitHub
 * @property {(method: string, path: string, body?: object) => Promise<any>} call One request; `path` begins below the repository: `/issues`.
 * @property {(path: string) => Promise<any[]>} list All entries of a listing, oldest first.
 */

/**
 * @param {NodeJS.ProcessEnv} environment `GITHUB_TOKEN`, `GITHUB_REPOSITORY` and, on a server of one's own, `GITHUB_API_URL`.
 * @param {{ pause?: (milliseconds: number) => Promise<unknown> }} [options]
 * @returns {GitHub} throws what GitHub said: method, path and status, never a body.
 */
export function openGitHub(environment, { pause = sleep } = {}) {
  const token = requireVariable(environment, "GITHUB_TOKEN");
  const repository = requireVariable(environment, "GITHUB_REPOSITORY");
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Error("GITHUB_REPOSITORY must look like owner/name");
  const root = `${environment.GITHUB_API_URL ?? "https://api.github.com"}/repos/${repository}`;

  const call = async (
    /** @type {string} */ method,
    /** @type {string} */ path,
    /** @type {object | undefined} */ body,
  ) => {
    let problem = "";
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (attempt > 1) await pause(500 * 2 ** attempt);
      try {
        const response = await fetch(`${root}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            accept: "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
          // Not followed: another host must not get the token.
          redirect: "error",
          signal: AbortSignal.timeout(DEADLINE_MS),
        });
        if (response.ok) return response.status === 204 ? undefined : await response.json();
        problem = `HTTP ${response.status}`;
        // What was made once must not be made twice: only what surely had no effect is asked again.
        if (response.status !== 429 && (response.status < 500 || method === "POST")) break;
      } catch (error) {
        problem = /** @type {Error} */ (error).name;
        if (method === "POST") break;
      }
    }
    throw new Error(`GitHub: ${method} ${path.split("?")[0]}: ${problem}`);
  };

  const list = async (/** @type {string} */ path) => {
    /** @type {any[]} */
    const entries = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const found = await call("GET", `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
      entries.push(...found);
      if (found.length < 100) return entries;
    }
    throw new Error(`GitHub: GET ${path.split("?")[0]}: more than ${MOST_PAGES * 100} entries`);
  };
  return { call, list };
}

/** Did a workflow of this repository write it? Others can write the marker into a comment of theirs. @param {any} entry */
export function isOurs(entry) {
  return entry.user?.type === "Bot" && entry.user.login === "github-actions[bot]";
}

/** The line by which an entry is found again; nobody sees it. @param {string} key */
export function markerOf(key) {
  if (!/^[a-z0-9-]+$/.test(key)) throw new Error("the key must be made of small letters, digits and dashes");
  return `<!-- sophia-secrets: ${key} -->`;
}

/** @param {NodeJS.ProcessEnv} environment @param {string} name @returns {string} */
export function requireVariable(environment, name) {
  const value = environment[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** Where the run can be looked at. @param {NodeJS.ProcessEnv} environment */
export function runUrl(environment) {
  const { GITHUB_SERVER_URL = "https://github.com", GITHUB_REPOSITORY, GITHUB_RUN_ID } = environment;
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}

/** Runs a script: its line goes to the log, a failure is a line too, and exit code 1. @param {() => Promise<string>} work */
export async function runScript(work) {
  try {
    process.stdout.write(`${await work()}\n`);
  } catch (error) {
    process.stderr.write(`error: ${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}

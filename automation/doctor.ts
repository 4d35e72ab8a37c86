/** What keeps this machine and this stack from working? Checks that change nothing, each with its fix. */
import { execFile } from "node:child_process";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ApiReader } from "./api-reader";
import { auditTokens } from "./audit/tokens";
import { readPackage } from "./cli/package";
import { checkEnvFiles, checkPlugins, wantedPlugins } from "./doctor/machine";
import { checkEstuary, checkSnowflake } from "./doctor/controllers";
import {
  addressesOf,
  checkOrganization,
  checkReachable,
  checkTokens,
  readIntake,
  type ReadIntake,
} from "./doctor/outside";
import { checkState } from "./doctor/state";
import { AutomationError } from "./errors";
import { type HttpDependencies, type HttpResult } from "./http";
import { judgeConnection } from "./probes/remedies";
import { findPendingMoves, type PendingMove } from "./rotation/strategies";
import { type Session } from "./session";

/** One finding. */
export interface DoctorCheck {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do, where something is wrong. */
  readonly fix?: string;
}

/** What the checks look at. */
export interface DoctorDependencies {
  readonly openSession: () => Session;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly http: HttpDependencies;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Signed log-ins (Snowflake's key pairs, OIDC) fail beyond a minute or so. Milliseconds. */
const CLOCK_LIMIT_MS = 60_000;

/** Runs every check; one that fails does not stop the others, but without settings nothing outside is asked. */
export async function runDoctor(dependencies: DoctorDependencies): Promise<DoctorCheck[]> {
  const { environment, directory } = dependencies;
  const local = [
    checkNode(),
    ...(await Promise.all([checkPulumi(environment), checkEnvFile(directory, environment)])),
    ...(await checkEnvFiles(directory, environment)),
    checkPlugins(wantedPlugins(readPackage().directory), environment),
    await checkState(environment),
  ];
  const session = attempt(dependencies.openSession);
  if (session instanceof AutomationError) return [...local, failed("settings", session)];
  const settings: DoctorCheck = { name: "settings", status: "ok", detail: `stack ${session.stackName}` };
  const intake = await readIntake(session);
  const addresses = addressesOf(session.settings, intake);
  const outside = await Promise.all([
    checkEsc(session),
    checkGitHub(session, dependencies),
    checkVercel(session, dependencies),
    checkSnowflake(session.settings),
    checkEstuary(session.settings, addresses, dependencies.http),
    checkClock(session, dependencies),
    checkReachable(addresses),
  ]);
  const tokens = await auditTokens(session.settings, new ApiReader(dependencies.http), undefined, dependencies.now());
  const member = checkOrganization(session.settings.organization, await listOrganizations(session, dependencies));
  return [...local, settings, ...outside, ...member, ...checkTokens(tokens), await checkStrategies(session, intake)];
}

function checkNode(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  const detail = `Node ${process.versions.node}`;
  return fine
    ? { name: "node", status: "ok", detail }
    : { name: "node", status: "fail", detail, fix: "Install Node 20.19 or newer." };
}

async function checkPulumi(environment: NodeJS.ProcessEnv): Promise<DoctorCheck> {
  const env = { ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return promisify(execFile)("pulumi", ["version"], { env, timeout: 20_000 }).then(
    ({ stdout }) => ({ name: "pulumi", status: "ok", detail: `Pulumi ${stdout.trim()}` }),
    () => ({
      name: "pulumi",
      status: "fail",
      detail: "the Pulumi CLI is not on PATH",
      fix: "Install it: https://www.pulumi.com/docs/install/",
    }),
  );
}

/** An env file with secrets belongs to its owner alone and to no commit. */
async function checkEnvFile(directory: string, { PATH, HOME }: NodeJS.ProcessEnv): Promise<DoctorCheck> {
  const path = join(directory, ".env");
  const found = await lstat(path).catch(() => undefined);
  if (!found) return { name: ".env", status: "ok", detail: "none here" };
  // No tokens and no GIT_DIR for the child.
  const env = { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }) };
  const tracked = await promisify(execFile)("git", ["ls-files", "--error-unmatch", path], { cwd: directory, env }).then(
    () => true,
    () => false,
  );
  if (tracked)
    return {
      name: ".env",
      status: "fail",
      detail: "git tracks it",
      fix: "git rm --cached .env, then rotate what is in it.",
    };
  if ((found.mode & 0o077) !== 0)
    return { name: ".env", status: "warn", detail: "others can read it", fix: "chmod 600 .env" };
  return { name: ".env", status: "ok", detail: "yours alone, not tracked" };
}

async function checkEsc(session: Session): Promise<DoctorCheck> {
  try {
    const user = await session.esc.userName();
    const intake = await session.intake.find();
    if (intake)
      return {
        name: "esc",
        status: "ok",
        detail: `${session.intake.fullName} as ${user}, revision ${intake.revision}`,
      };
    const fix = `npx sophia-secrets import-env --env-file .env --stack ${session.stackName}`;
    return { name: "esc", status: "warn", detail: `there is no ${session.intake.fullName} yet`, fix };
  } catch (error) {
    return failed("esc", error);
  }
}

/** Classic tokens list their scopes in a header, fine-grained ones do not. */
async function checkGitHub({ settings }: Session, { http }: DoctorDependencies): Promise<DoctorCheck> {
  const { github, endpoints, tokens } = settings;
  const [repository] = github.repositories;
  const path =
    repository === undefined ? "rate_limit" : `repos/${github.owner}/${repository}/actions/secrets/public-key`;
  const result = await ask(`${endpoints.github}/${path}`, tokens.github, http);
  if (typeof result !== "string" && result.status === 200) {
    const scopes = result.headers.get("x-oauth-scopes");
    const expiry = result.headers.get("github-authentication-token-expiration");
    const detail = [
      `GITHUB_TOKEN may write secrets`,
      scopes ? `scopes ${scopes}` : "",
      expiry ? `expires ${expiry}` : "",
    ];
    return { name: "github", status: "ok", detail: detail.filter(Boolean).join(", ") };
  }
  const fix = `Give GITHUB_TOKEN “Secrets” and “Variables” read and write for ${github.owner}/${repository ?? ""}, or a new token.`;
  return {
    name: "github",
    status: "fail",
    detail: answerOf(result),
    fix: remedyOf(result, "SOPHIA_GITHUB_URL", "GitHub") ?? fix,
  };
}

async function checkVercel({ settings }: Session, { http }: DoctorDependencies): Promise<DoctorCheck> {
  const { vercel, endpoints, tokens } = settings;
  const url = `${endpoints.vercel}/v9/projects/${encodeURIComponent(vercel.project)}?teamId=${encodeURIComponent(vercel.team)}`;
  const result = await ask(url, tokens.vercel, http);
  if (typeof result !== "string" && result.status === 200)
    return { name: "vercel", status: "ok", detail: `project ${vercel.project}` };
  const fix = "Check SOPHIA_VERCEL_CONTROL_TOKEN, sophia:vercelTeam and sophia:vercelProject.";
  return {
    name: "vercel",
    status: "fail",
    detail: answerOf(result),
    fix: remedyOf(result, "SOPHIA_VERCEL_URL", "Vercel") ?? fix,
  };
}

async function checkClock({ settings }: Session, { http, now }: DoctorDependencies): Promise<DoctorCheck> {
  const result = await ask(`${settings.endpoints.esc}/api/user`, settings.tokens.pulumi, http, "token");
  const theirs = Date.parse(typeof result === "string" ? "" : (result.headers.get("date") ?? ""));
  if (Number.isNaN(theirs))
    return { name: "clock", status: "warn", detail: "nobody told the time", fix: "Check the network." };
  const offMs = Math.abs(now() - theirs);
  const detail = `${Math.round(offMs / 1000)} s from ESC's`;
  if (offMs <= CLOCK_LIMIT_MS) return { name: "clock", status: "ok", detail };
  return { name: "clock", status: "fail", detail, fix: "Set the clock: signed log-ins are refused beyond a minute." };
}

/** The organizations of the token's user; undefined where Pulumi Cloud does not say. https://www.pulumi.com/docs/reference/cloud-rest-api/ */
async function listOrganizations({ settings }: Session, { http }: DoctorDependencies): Promise<string[] | undefined> {
  const result = await ask(`${settings.endpoints.esc}/api/user`, settings.tokens.pulumi, http, "token");
  try {
    const { organizations } = JSON.parse(typeof result === "string" ? "{}" : result.text) as {
      organizations?: { githubLogin?: string }[];
    };
    return organizations?.flatMap(({ githubLogin }) => githubLogin ?? []);
  } catch {
    return undefined;
  }
}

/** Snowflake is ending passwords for service users: https://docs.snowflake.com/en/user-guide/security-mfa-rollout */
async function checkStrategies(session: Session, intake: ReadIntake): Promise<DoctorCheck> {
  const { settings, stackName: stack } = session;
  const chosen = Object.entries(settings.strategies).filter(([, strategy]) => strategy === "password");
  const moves =
    intake === undefined || intake === "unreadable"
      ? []
      : await findPendingMoves(session, intake).catch(() => new Map<string, PendingMove>());
  const pending = [...moves].map(([service, { from, to }]) => `${service} moves from ${from} to ${to}`);
  if (pending.length > 0) {
    const fix = `npx sophia-secrets rotate ${[...moves].map(([service]) => `--service ${service}`).join(" ")} --stack ${stack}`;
    return { name: "strategies", status: "warn", detail: `${pending.join(", ")} with the next rotation`, fix };
  }
  if (chosen.length === 0) return { name: "strategies", status: "ok", detail: "no password strategy in use" };
  const names = chosen.map(([service]) => service).join(", ");
  const fix =
    "Set sophia:snowflakeCredential to key-pair, then rotate: the vendor is ending passwords for service users.";
  return { name: "strategies", status: "warn", detail: `${names} still uses passwords`, fix };
}

/** One short attempt: a person is waiting, and no answer is an answer here, in a word. */
async function ask(
  url: string,
  token: string,
  http: HttpDependencies,
  scheme: "Bearer" | "token" = "Bearer",
): Promise<HttpResult | string> {
  return new ApiReader(http)
    .get({ url, token, scheme, attempts: 1, timeoutMs: 10_000 })
    .catch((error: unknown) => (error as { reason?: string }).reason ?? "unknown");
}

/** What helps where nobody answers, as `test` says it for the same cause; undefined for an answer. */
function remedyOf(result: HttpResult | string, address: string, title: string): string | undefined {
  if (typeof result !== "string") return undefined;
  return judgeConnection({ service: { title, name: "", docs: "" }, names: [address], code: result }).finding.remedy;
}

function answerOf(result: HttpResult | string): string {
  return typeof result === "string" ? `no answer (${result})` : `answered ${result.status}`;
}

function failed(name: string, error: unknown): DoctorCheck {
  const { message, hint } =
    error instanceof AutomationError ? error : { message: "an unexpected failure", hint: undefined };
  return { name, status: "fail", detail: message, ...(hint === undefined ? {} : { fix: hint }) };
}

function attempt<T>(make: () => T): T | AutomationError {
  try {
    return make();
  } catch (error) {
    if (error instanceof AutomationError) return error;
    throw error;
  }
}

/** Do Snowflake and Estuary take the identities with which this tool makes credentials there? One log-in and one query, which change nothing. */
import { services } from "../../services";
import { type DoctorCheck } from "../doctor";
import { sendRequest, type HttpDependencies, type HttpResult } from "../http";
import { SnowflakeRefusal } from "../probes/snowflake-driver";
import { judgeRefusal, verdictOf, type RefusalContext } from "../probes/snowflake-refusals";
import { type Settings } from "../settings";
import { queryAsAdministrator } from "../snowflake-admin";
import { type Address } from "./outside";

/** A person is waiting. */
const TIMEOUT_MS = 10_000;

const WHERE_ADMIN = "docs/services/snowflake.md#the-controlling-identity";
const WHERE_ESTUARY = "https://dashboard.estuary.dev/admin/api";

/**
 * Logs in as Snowflake's administrator, once: a refused attempt counts towards the user's lock.
 * https://docs.snowflake.com/en/user-guide/admin-user-management
 */
export async function checkSnowflake(settings: Settings, timeoutMs = TIMEOUT_MS): Promise<DoctorCheck> {
  const name = "snowflake";
  const { adminRole } = settings.snowflake;
  try {
    const [[role] = []] = await queryAsAdministrator(settings, "SELECT CURRENT_ROLE()", timeoutMs);
    if (role !== adminRole) return { name, status: "fail", ...notGranted(settings) };
    return { name, status: "ok", detail: `SOPHIA_SNOWFLAKE_ADMIN_USER logs in with role ${adminRole}` };
  } catch (error) {
    return { name, status: "fail", ...describeRefusal(error, settings) };
  }
}

function describeRefusal(error: unknown, settings: Settings): Pick<DoctorCheck, "detail" | "fix"> {
  // Other errors can quote what was sent, so nothing of them is shown.
  if (!(error instanceof SnowflakeRefusal))
    return { detail: "the log-in could not be tried: snowflake-sdk cannot be loaded", fix: "npm ci" };
  const { errorCode, status, connectionCode } = error;
  const verdict = verdictOf(error);
  const isAnswer = connectionCode === undefined && status === undefined;
  if (verdict === "missing-grant") return notGranted(settings);
  // The remedy is the one that `test` has for the same cause, about the administrator's variables.
  const { remedy = WHERE_ADMIN } = judgeRefusal(error, administrator(settings)).finding;
  if (isAnswer && (verdict !== undefined || isSnowflakesOwn(errorCode))) {
    const more = verdict === undefined ? "" : `, ${verdict}`;
    const detail = `SOPHIA_SNOWFLAKE_ADMIN_USER or its password is refused (error ${errorCode ?? "unknown"}${more})`;
    return { detail, fix: remedy };
  }
  const said = connectionCode ?? (status === undefined ? `error ${errorCode ?? "unknown"}` : `status ${status}`);
  const detail = `no connection to Snowflake (${said}); whether it takes the administrator is not known`;
  return { detail, fix: remedy };
}

/** The driver numbers its own troubles from 400000 to 409999, but for log-ins Snowflake's are 39xxxx. */
function isSnowflakesOwn(errorCode: number | undefined): boolean {
  return errorCode !== undefined && errorCode >= 390_000 && errorCode < 400_000;
}

/** The administrator as a service that nobody rotates: its own variables, and the page that tells how to replace what they hold. */
function administrator({ snowflake, tokens, endpoints }: Settings): RefusalContext {
  const declared = services.find(({ probe }) => probe.kind === "snowflake");
  if (declared?.probe.kind !== "snowflake") throw new Error("no service is asked by Snowflake's driver");
  const { rotation: _, ...service } = declared;
  const [user, password] = ["SOPHIA_SNOWFLAKE_ADMIN_USER", "SOPHIA_SNOWFLAKE_ADMIN_PASSWORD"];
  return {
    service: { ...service, docs: WHERE_ADMIN },
    probe: { ...declared.probe, account: "sophia:snowflakeAccount", user, password, role: "sophia:snowflakeAdminRole" },
    values: { [user]: tokens.snowflakeUser, [password]: "set", "sophia:snowflakeAdminRole": snowflake.adminRole },
    accessUrl: endpoints.snowflake,
  };
}

function notGranted({ snowflake: { adminRole } }: Settings): Pick<DoctorCheck, "detail" | "fix"> {
  return {
    detail: `SOPHIA_SNOWFLAKE_ADMIN_USER logs in, but role ${adminRole} is not granted to it`,
    fix: `GRANT ROLE ${adminRole} TO USER …, or set sophia:snowflakeAdminRole: ${WHERE_ADMIN}`,
  };
}

/** Who may not manage an account does not see it: https://github.com/estuary/flow/pull/3058 */
const ACCOUNTS = "query { serviceAccounts(first: 100) { edges { node { catalogName } } pageInfo { hasNextPage } } }";

interface Accounts {
  readonly errors?: readonly unknown[];
  readonly data?: {
    readonly serviceAccounts?: {
      readonly edges: readonly { readonly node: { readonly catalogName: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    };
  } | null;
}

/** Asks Estuary which service accounts the controlling token may manage; ours must be among them. */
export async function checkEstuary(
  { estuary, tokens }: Pick<Settings, "estuary" | "tokens">,
  addresses: readonly Address[],
  http: HttpDependencies,
): Promise<DoctorCheck> {
  const name = "estuary";
  const url = addresses.find((address) => address.name === addressVariable())?.url;
  if (url === undefined)
    return {
      ...{ name, status: "warn", detail: "not asked: its address is in the intake, which cannot be read" },
      fix: "Mend what is said of esc, then ask again.",
    };
  const result = await askEstuary(url, tokens.estuary, http);
  if (!result || result.status === 429 || result.status >= 500) {
    const fix = "Check the network and sophia:estuaryApiUrl, or ask again later.";
    return { name, status: "fail", detail: result ? `answered ${result.status}` : "no answer", fix };
  }
  const accounts = readAccounts(result);
  const fix = `Make a new SOPHIA_ESTUARY_CONTROL_TOKEN of an admin of ${estuary.serviceAccount}: ${WHERE_ESTUARY}`;
  if (!accounts)
    return { name, status: "fail", detail: `refuses SOPHIA_ESTUARY_CONTROL_TOKEN (status ${result.status})`, fix };
  const isThere = accounts.edges.some(({ node }) => node.catalogName === estuary.serviceAccount);
  if (isThere || accounts.pageInfo.hasNextPage)
    return { name, status: "ok", detail: `SOPHIA_ESTUARY_CONTROL_TOKEN may manage ${estuary.serviceAccount}` };
  const detail = `SOPHIA_ESTUARY_CONTROL_TOKEN may not manage service account ${estuary.serviceAccount}, or there is none`;
  return { name, status: "fail", detail, fix };
}

/** The variable that holds the address of Estuary's API, as the catalogue says. */
function addressVariable(): string | undefined {
  const credentials = services.flatMap((service) => Object.values(service.rotation?.strategies ?? {}));
  return credentials.flatMap((one) => (one.kind === "estuary-token" ? [one.variables.url] : []))[0];
}

async function askEstuary(base: string, token: string, http: HttpDependencies): Promise<HttpResult | undefined> {
  const url = `${base.replace(/\/+$/, "")}/api/graphql`;
  const headers = {
    authorization: `Bearer ${token.trim()}`,
    "content-type": "application/json",
    accept: "application/json",
  };
  const body = JSON.stringify({ query: ACCOUNTS });
  return sendRequest({ method: "POST", url, headers, body, timeoutMs: TIMEOUT_MS }, http).catch(() => undefined);
}

/** Undefined for anything but the list: a refusal is a status, or an error with status 200. */
function readAccounts({ status, text }: HttpResult): NonNullable<Accounts["data"]>["serviceAccounts"] {
  if (status !== 200) return undefined;
  try {
    const { errors, data } = JSON.parse(text) as Accounts;
    return errors?.length ? undefined : data?.serviceAccounts;
  } catch {
    return undefined;
  }
}

/** What stands in the way outside of this machine? Addresses that cannot be reached, tokens that end, an organization that the token is not in. */
import { connect } from "node:net";
import { services } from "../../services";
import { variablesOf } from "../../services/select";
import { type TokenAudit } from "../audit/tokens";
import { type DoctorCheck } from "../doctor";
import { type Intake } from "../esc/intake";
import { judgeConnection } from "../probes/remedies";
import { type Session } from "../session";
import { type Settings } from "../settings";

const TIMEOUT_MS = 5_000;

/** An address that consumers or we talk to. */
export interface Address {
  /** What it is the address of: an endpoint, or the variable that holds it. */
  readonly name: string;
  readonly url: string;
}

/** The stack's intake as far as it was to be read; undefined where there is none yet. */
export type ReadIntake = Intake | undefined | "unreadable";

/** Reads it. Why it cannot be read is what ESC's own check says. */
export async function readIntake({ intake }: Pick<Session, "intake">): Promise<ReadIntake> {
  return intake.find().then(
    (state) => state?.intake,
    () => "unreadable" as const,
  );
}

/**
 * Every address of a stack: the endpoints, Snowflake's own by its account, and those that plain variables hold, in the stack's file or in the intake.
 * What only an intake would say that cannot be read is left out: the default may be somebody else's address.
 */
export function addressesOf(
  { endpoints, snowflake, values }: Pick<Settings, "endpoints" | "snowflake" | "values">,
  intake: Pick<Intake, "service"> | undefined | "unreadable",
): Address[] {
  const account = `${snowflake.organizationName}-${snowflake.accountName}`.toLowerCase().replaceAll("_", "-");
  const own = Object.entries(endpoints).map(([name, url]) => ({
    name,
    url: url === "" ? `https://${account}.snowflakecomputing.com` : url,
  }));
  const variables = services.flatMap(variablesOf).flatMap(({ name, service, defaultValue }) => {
    const otherwise = intake === "unreadable" ? undefined : (intake?.service(service).settings[name] ?? defaultValue);
    const url = values[name] ?? otherwise;
    return defaultValue?.startsWith("https://") && url !== undefined ? [{ name, url }] : [];
  });
  return [...own, ...variables];
}

/** Whether each address takes a connection; nothing is asked there. */
export async function checkReachable(addresses: readonly Address[], signal?: AbortSignal): Promise<DoctorCheck> {
  const failures = await Promise.all(addresses.map(({ url }) => connectionFailure(url, signal)));
  const unreachable = addresses.flatMap(({ name, url }, index) => {
    const failure = failures[index];
    return failure === undefined ? [] : [`${name} at ${new URL(url).host} (${failure})`];
  });
  const name = "network";
  if (unreachable.length === 0) return { name, status: "ok", detail: `${addresses.length} addresses take connections` };
  const [first] = addresses.flatMap(({ name: place }, index) =>
    failures[index] ? [{ place, code: failures[index] }] : [],
  );
  const subject = {
    service: { title: first?.place ?? "", name: "", docs: "" },
    names: ["the setting of that address"],
  };
  const fix = judgeConnection({ ...subject, code: first?.code ?? "" }).finding.remedy ?? "Check the network.";
  return { name, status: "fail", detail: `no connection to ${unreachable.join(", ")}`, fix };
}

/** The code of what went wrong; undefined where the connection came about. */
export async function connectionFailure(url: string, signal?: AbortSignal): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((done) => {
    const socket = connect({
      host,
      port: Number(port) || (protocol === "http:" ? 80 : 443),
      timeout: TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
    const end = (failure?: string) => {
      socket.destroy();
      done(failure);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end("timeout"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.name));
  });
}

/** One finding for each token: when it ends, and what to do where that is soon. */
export function checkTokens(tokens: readonly TokenAudit[]): DoctorCheck[] {
  return tokens.map(({ token, createdAt, expires, expiresAt, daysLeft, state }): DoctorCheck => {
    const since = createdAt === undefined ? "" : `; it was made on ${createdAt.slice(0, 10)}`;
    const fix = `Make a new ${token} and put it in the old one's place.`;
    const when = `${expiresAt?.slice(0, 10) ?? ""}, ${daysLeft ?? 0} days`;
    if (state === "expired") return { name: "token", status: "fail", detail: `${token} ended (${when})`, fix };
    if (state === "expiring") return { name: "token", status: "warn", detail: `${token} ends soon (${when})`, fix };
    if (expires === "at") return { name: "token", status: "ok", detail: `${token} ends on ${when} from now${since}` };
    const detail = expires === "no end" ? `${token} has no end` : `nothing is known of the end of ${token}`;
    return { name: "token", status: "ok", detail: `${detail}${since}` };
  });
}

/** Whether the token's user is in the organization that the stack names; `listed` is what Pulumi Cloud says, undefined where it does not. */
export function checkOrganization(organization: string, listed: readonly string[] | undefined): DoctorCheck[] {
  if (!listed) return [];
  const name = "membership";
  if (listed.includes(organization)) return [{ name, status: "ok", detail: `a member of ${organization}` }];
  return [
    {
      name,
      status: "fail",
      detail: `PULUMI_ACCESS_TOKEN opens ${listed.join(", ") || "no organization"}, not ${organization}`,
      fix: `Use a token of ${organization}, or set the other: pulumi config set sophia:organization NAME`,
    },
  ];
}

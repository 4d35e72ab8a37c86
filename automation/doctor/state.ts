/** Can Pulumi get at its state? Names the backend without what opens it, and looks whether anybody listens there. */
import { type DoctorCheck } from "../doctor";
import { isLoopback } from "../http";
import { describeState, isShared, stateAddress } from "../state-backend";
import { connectionFailure } from "./outside";

const name = "state";
const PAGE = "docs/services/pulumi.md#the-state";

/** Connects, and says nothing there: opening a database would make its table. */
export async function checkState(environment: NodeJS.ProcessEnv): Promise<DoctorCheck> {
  const address = stateAddress(environment);
  if (address === undefined)
    return { name, status: "warn", detail: "no backend is chosen", fix: `Set PULUMI_BACKEND_URL: ${PAGE}` };
  const detail = describeState(address);
  const isOwn = isShared(address) || address.startsWith("file:");
  const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = environment;
  if (isOwn && passphrase === undefined && !file)
    return { name, status: "warn", detail: `${detail}, without a passphrase`, fix: `See ${PAGE}` };
  if (!URL.canParse(address))
    return { name, status: "fail", detail: "PULUMI_BACKEND_URL is no address", fix: `See ${PAGE}` };
  const place = connectionPlace(new URL(address));
  const failure = place && (await connectionFailure(place));
  if (failure !== undefined)
    return {
      name,
      status: "fail",
      detail: `no connection to ${detail} (${failure})`,
      fix: "Check PULUMI_BACKEND_URL.",
    };
  if (isInClear(new URL(address)))
    return { name, status: "warn", detail: `${detail}, without TLS`, fix: "Use sslmode=verify-full." };
  return { name, status: "ok", detail };
}

/** Where to connect to; undefined where the address alone does not say it. */
function connectionPlace({ protocol, hostname, port, searchParams, origin }: URL): string | undefined {
  if (protocol === "https:" || protocol === "http:") return origin;
  if (protocol === "postgres:" && hostname !== "") return `https://${hostname}:${port === "" ? 5432 : port}`;
  const endpoint = protocol === "s3:" ? searchParams.get("endpoint") : null;
  if (!endpoint) return undefined;
  const whole = endpoint.includes("://") ? endpoint : `https://${endpoint}`;
  return URL.canParse(whole) ? whole : undefined;
}

/** The driver asks for TLS unless it is told otherwise. https://pkg.go.dev/github.com/lib/pq */
function isInClear({ protocol, hostname, searchParams }: URL): boolean {
  return protocol === "postgres:" && searchParams.get("sslmode") === "disable" && !isLoopback(hostname);
}

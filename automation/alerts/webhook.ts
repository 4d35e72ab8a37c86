/**
 * How does an alert get to somebody? One POST, signed as https://www.standardwebhooks.com has it: `webhook-id`, `webhook-timestamp`, and
 * `webhook-signature: v1,` with the Base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
 */
import { createHmac } from "node:crypto";
import { usageError } from "../errors";
import { NoAnswerError, sendRequest, type HttpDependencies } from "../http";
import { isSafeAddress, type AlertSettings } from "../settings";
import { type Alert } from "./alert";
import { slackMessage } from "./slack";

/** Where alerts go. The address opens the channel to whoever has it: never print it. */
export interface Webhook {
  readonly url: string;
  readonly format: AlertSettings["format"];
  readonly key?: Buffer;
}

/** Reads what a setting such as `env:SOPHIA_ALERT_URL` or `esc:alerts/webhook.url` names; undefined where there is nothing. */
export type ReadReference = (reference: string) => Promise<string | undefined>;

/** The webhook of the settings. Throws a usage error where there is none, or none that is safe; no message shows a value. */
export async function openWebhook(settings: AlertSettings | undefined, read: ReadReference): Promise<Webhook> {
  if (!settings)
    throw usageError(
      "alerts.no_webhook",
      "There is no webhook to send alerts to; nothing was done.",
      "Name the place of its address: pulumi config set sophia:alertWebhook env:SOPHIA_ALERT_URL",
    );
  const { webhook, signingKey, format } = settings;
  const url = await requireValue(webhook, read);
  if (!isSafeAddress(url))
    throw usageError(
      "alerts.unsafe_webhook",
      `${webhook} must hold an https:// address (http:// on loopback); nothing was done.`,
    );
  const key = signingKey === undefined ? undefined : parseKey(signingKey, await requireValue(signingKey, read));
  return { url, format, ...(key ? { key } : {}) };
}

async function requireValue(reference: string, read: ReadReference): Promise<string> {
  const value = (await read(reference))?.trim();
  if (value) return value;
  throw usageError(
    "alerts.not_set",
    `${reference} has no value; nothing was done.`,
    "Set it there, or leave --alert out.",
  );
}

/** `whsec_` and Base64 of 24 to 64 bytes; the prefix may be left out. */
function parseKey(reference: string, text: string): Buffer {
  const base64 = text.replace(/^whsec_/, "");
  const key = Buffer.from(base64, "base64");
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(base64) && key.length >= 24 && key.length <= 64) return key;
  throw usageError(
    "alerts.malformed_key",
    `${reference} must hold 24 to 64 bytes in Base64; nothing was done.`,
    "Make one with: openssl rand -base64 32",
  );
}

/** The signature of a body that is sent at a time (seconds since 1970), for whoever sends and whoever checks. */
export function signatureOf(key: Buffer, id: string, timestamp: number, body: string): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

const DEADLINE_MS = 60_000;

/** Sends it, four times at most within a minute. The reason why it did not arrive, undefined where it did. */
export async function sendAlert(
  alert: Alert,
  { url, format, key }: Webhook,
  http: HttpDependencies,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = JSON.stringify(format === "slack" ? slackMessage(alert) : alert);
  const timestamp = Math.floor(Date.parse(alert.timestamp) / 1000);
  // The same at each try, so that a receiver can tell a repetition.
  const id = `msg_${alert.source}_${alert.fingerprint}_${timestamp}`;
  const headers = {
    ...{ "content-type": "application/json", "user-agent": "sophia-secrets" },
    ...{ "webhook-id": id, "webhook-timestamp": String(timestamp) },
    ...(key ? { "webhook-signature": signatureOf(key, id, timestamp, body) } : {}),
  };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    const request = { method: "POST", url, headers, body, attempts: 4, timeoutMs: 10_000, signal: limited };
    const { status } = await sendRequest(request, http);
    return status >= 200 && status <= 299 ? undefined : `status ${status}`;
  } catch (error) {
    if (error instanceof NoAnswerError) return error.reason;
    if (limited.aborted) return "timeout";
    throw error;
  }
}

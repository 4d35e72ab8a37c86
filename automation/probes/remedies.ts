/** What does each verdict mean, and what helps? One table: the outcome, the class, the sentence and the remedy of everything that a probe can find. */
import { type Service } from "../../services/service";
import { type Attempt, type Finding, type ProbeClass, type ProbeOutcome } from "./result";

/** What a verdict is about. All of it is shown, so it holds names, never values of secrets. */
export interface Subject {
  readonly service: Service;
  /** Variables (or settings) that the verdict points at. */
  readonly names: readonly string[];
  /** HTTP status, a vendor's error number or the operating system's word for a failed connection. */
  readonly code?: string | number;
  /** What the failed step proves: `list users`. */
  readonly purpose?: string;
  /** What the vendor calls the right that is missing. */
  readonly scope?: string;
  /** A SQL statement that puts it right. */
  readonly statement?: string;
  /** Seconds of the deadline, or seconds that the service asked to wait. */
  readonly seconds?: number;
}

interface Verdict {
  readonly outcome: ProbeOutcome;
  readonly class?: ProbeClass;
  readonly refused?: true;
  /** @default true for unknown outcomes, and for refusals because a new credential takes a moment to be known everywhere */
  readonly retry?: boolean;
  readonly reason: (subject: Subject) => string;
  readonly remedy?: (subject: Subject) => string;
}

const list = ({ names }: Subject): string => names.join(" and ");
const title = ({ service }: Subject): string => service.title;
const renew = ({ service }: Subject): string =>
  service.rotation
    ? `if they are out of date, run: npx sophia-secrets rotate --service ${service.name}`
    : `if they are out of date, make new ones: ${service.docs}`;

const table = {
  "missing-variables": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `Missing required environment variable(s): ${s.names.join(", ")}.`,
    remedy: (s) =>
      `Set ${s.names.join(", ")} environment variable(s): in the .env file, then npx sophia-secrets import-env; plain ones in the stack's configuration.`,
  },
  "malformed-value": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `${list(s)} holds characters that cannot be sent, so nothing was asked.`,
    remedy: (s) => `Check ${list(s)} for line breaks, blanks at the ends and characters that do not belong there.`,
  },
  "malformed-address": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `${list(s)} is no address that a credential may be sent to, so nothing was asked.`,
    remedy: (s) => `Set ${list(s)} to an address that starts with https:// and has no user name, query or fragment.`,
  },
  "driver-missing": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `The ${title(s)} driver could not be loaded.`,
    remedy: () => "Run npm ci.",
  },
  "not-the-api": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `What answered is not the ${title(s)} API (HTTP ${s.code}).`,
    remedy: (s) => `Verify ${list(s)}: it must be the base address of the API, not of a web page or a proxy.`,
  },
  "not-found": {
    outcome: "rejected",
    class: "configuration",
    reason: (s) => `${title(s)} does not know what was asked for (HTTP 404, to ${s.purpose}).`,
    remedy: (s) => `Verify ${list(s)}; an id that the credential may not see is answered in the same way.`,
  },
  unauthorized: {
    outcome: "rejected",
    class: "authentication",
    refused: true,
    reason: (s) => `${title(s)} refused the credential (${s.code}).`,
    remedy: (s) => `Check ${title(s)} credentials (${list(s)}); ${renew(s)}.`,
  },
  "session-refused": {
    outcome: "rejected",
    class: "authentication",
    reason: (s) => `${title(s)} took the credential but refused the access token that it gave for it (${s.code}).`,
    remedy: (s) => `Check what the credential (${list(s)}) may do; ${renew(s)}.`,
  },
  forbidden: {
    outcome: "rejected",
    class: "permission",
    refused: true,
    reason: (s) => `${title(s)} forbids the credential to ${s.purpose} (HTTP 403).`,
    remedy: (s) =>
      `Two causes give this answer. Either the credential (${list(s)}) is no longer valid; ${renew(s)}. ` +
      `Or it lacks a permission: verify ${title(s)} permissions for the provided credentials, see ${s.service.docs}.`,
  },
  "lacks-permission": {
    outcome: "rejected",
    class: "permission",
    reason: (s) => `${title(s)} let the credential in but forbids it to ${s.purpose} (HTTP 403).`,
    remedy: (s) => `Verify ${title(s)} permissions for the provided credentials (${list(s)}), see ${s.service.docs}.`,
  },
  "missing-scope": {
    outcome: "rejected",
    class: "permission",
    reason: (s) => `${title(s)} let the credential in but forbids it to ${s.purpose} (HTTP 403): it lacks ${s.scope}.`,
    remedy: (s) => `Give the credential (${list(s)}) the scope ${s.scope}, or make one that has it: ${s.service.docs}`,
  },
  "rate-limit": {
    outcome: "unknown",
    class: "rate-limit",
    reason: (s) => `${title(s)} limits the rate of requests (HTTP ${s.code}).`,
    remedy: (s) =>
      `Run npx sophia-secrets test ${s.service.name} again ${s.seconds ? `in ${s.seconds} s` : "in a minute"}; ` +
      "other programs with the same credentials count towards the limit.",
  },
  "service-down": {
    outcome: "unknown",
    class: "service",
    reason: (s) => `${title(s)} could not answer (HTTP ${s.code}).`,
    remedy: (s) => `${title(s)} API service may be experiencing issues, try again later.`,
  },
  "unexpected-answer": {
    outcome: "unknown",
    class: "service",
    retry: false,
    reason: (s) => `${title(s)} answered in a way that says nothing about the credential (${s.code}).`,
    remedy: (s) => `Compare the vendor's page with what this version sends: ${s.service.docs}`,
  },
  "name-unknown": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `The host name of ${title(s)} could not be looked up (${s.code}).`,
    remedy: (s) => `Verify ${list(s)} for a misspelt name, then the network's name service (DNS).`,
  },
  "connection-refused": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `Nothing at the address of ${title(s)} takes connections (${s.code}).`,
    remedy: (s) => `Verify the host and port in ${list(s)}, then firewalls and proxies on the way.`,
  },
  "tls-failed": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `The encrypted connection to ${title(s)} could not be trusted (${s.code}).`,
    remedy: (s) =>
      `Where a proxy opens TLS, set NODE_EXTRA_CA_CERTS to the file with its certificate; otherwise verify ${list(s)} and this machine's clock.`,
  },
  "timed-out": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `${title(s)} did not answer in time.`,
    remedy: (s) =>
      `Check network connectivity and IP restrictions between here and ${list(s)}, then run: npx sophia-secrets test ${s.service.name}`,
  },
  "connection-broken": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `The connection to ${title(s)} broke (${s.code}).`,
    remedy: (s) =>
      `Check network connectivity and proxies between here and ${list(s)}, then run: npx sophia-secrets test ${s.service.name}`,
  },
  cancelled: { outcome: "unknown", retry: false, reason: () => "The probe was cancelled." },
  defect: {
    outcome: "unknown",
    retry: false,
    reason: (s) => `The probe itself failed (${s.code}), which is a defect of this program.`,
  },

  "user-locked": {
    outcome: "unknown",
    class: "authentication",
    retry: false,
    reason: () => "Snowflake has locked the user for some minutes after too many failed log-ins.",
    remedy: (s) =>
      `Wait 15 minutes, or have an administrator run: ${s.statement} Then find the program that still uses an old password.`,
  },
  "user-disabled": {
    outcome: "rejected",
    class: "authentication",
    refused: true,
    reason: () => "Snowflake has disabled the user.",
    remedy: (s) => `If it should be in use, have an administrator run: ${s.statement}`,
  },
  "password-expired": {
    outcome: "rejected",
    class: "authentication",
    refused: true,
    reason: () => "The password of the Snowflake user has expired.",
    remedy: (s) => `Run: npx sophia-secrets rotate --service ${s.service.name}`,
  },
  "key-refused": {
    outcome: "rejected",
    class: "authentication",
    refused: true,
    reason: (s) => `Snowflake refused the signed token (${s.code}).`,
    remedy: (s) =>
      `Compare the fingerprints with what this shows: ${s.statement} If they agree, check this machine's clock, SNOWFLAKE_ACCOUNT and SNOWFLAKE_USER.`,
  },
  "second-factor": {
    outcome: "rejected",
    class: "authentication",
    retry: false,
    reason: () => "Snowflake asks for a second factor (MFA), which a program cannot give.",
    remedy: (s) => `Make it a user for programs: ${s.statement} Better still, use a key pair: ${s.service.docs}`,
  },
  "network-policy": {
    outcome: "rejected",
    class: "permission",
    retry: false,
    reason: () => "A network policy of Snowflake keeps this machine's address out.",
    remedy: (s) => `Add the address to the policy that this shows: ${s.statement}`,
  },
  "account-unknown": {
    outcome: "rejected",
    class: "configuration",
    retry: false,
    reason: (s) => `No Snowflake account answers under that name (${s.code}).`,
    remedy: () => "Verify SNOWFLAKE_ACCOUNT value: ORGANIZATION-ACCOUNT, as in SELECT CURRENT_ORGANIZATION_NAME().",
  },
  "account-forbidden": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: () => "The Snowflake address turned the request away before it looked at the credential (HTTP 403).",
    remedy: () => "Verify SNOWFLAKE_ACCOUNT value, then proxies and private links on the way.",
  },
  "other-user": {
    outcome: "rejected",
    class: "configuration",
    retry: false,
    reason: () => "The log-in name belongs to another Snowflake user than the configured one.",
    remedy: (s) => `Verify SNOWFLAKE_USER, and the LOGIN_NAME that this shows: ${s.statement}`,
  },
  "missing-grant": {
    outcome: "rejected",
    class: "permission",
    reason: (s) => `Snowflake let the user in, but not with the configured ${s.purpose} (${list(s)}).`,
    remedy: (s) => `Verify ${list(s)}, then run in Snowflake: ${s.statement}`,
  },
  "warehouse-suspended": {
    outcome: "rejected",
    class: "configuration",
    retry: false,
    reason: (s) => `The Snowflake warehouse (${list(s)}) is suspended and does not resume by itself (${s.code}).`,
    remedy: (s) => `Have the warehouse's owner run in Snowflake: ${s.statement}`,
  },
  "warehouse-quota": {
    outcome: "rejected",
    class: "configuration",
    retry: false,
    reason: (s) =>
      `A resource monitor keeps the Snowflake warehouse (${list(s)}) suspended: its quota is used up (${s.code}).`,
    remedy: (s) => `Raise the quota of the resource monitor that this shows: ${s.statement}`,
  },
} satisfies Record<string, Verdict>;

/** The verdicts that there are. */
export type VerdictName = keyof typeof table;

/** The finding that a verdict makes of its subject. */
export function judge(name: VerdictName, subject: Subject, details: Finding["details"] = {}): Attempt {
  const verdict: Verdict = table[name];
  const finding: Finding = {
    outcome: verdict.outcome,
    ...(verdict.class ? { class: verdict.class } : {}),
    reason: verdict.reason(subject),
    ...(verdict.remedy ? { remedy: verdict.remedy(subject) } : {}),
    credentialRefused: verdict.refused ?? false,
    details,
  };
  return { finding, worthRetrying: verdict.retry ?? true };
}

const TLS = /CERT|^ERR_(SSL|TLS)|^EPROTO$|SELF_SIGNED|UNABLE_TO|ALTNAME|^HOSTNAME_MISMATCH$/;
const TIMED_OUT = /^timeout$|TIMEDOUT|TIMEOUT|^ECONNABORTED$/;

/** The verdict on a connection that failed; `subject.code` is the operating system's or TLS's word for it. */
export function judgeConnection(subject: Subject): Attempt {
  const code = String(subject.code);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ENODATA") return judge("name-unknown", subject);
  if (code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH") {
    return judge("connection-refused", subject);
  }
  if (TLS.test(code)) return judge("tls-failed", subject);
  return judge(TIMED_OUT.test(code) ? "timed-out" : "connection-broken", subject);
}

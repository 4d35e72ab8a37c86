/** What does each verdict on a request or an answer mean, whatever the service, and what helps? */
import { list, renew, title, type Verdict } from "./verdict";

/** Verdicts on requests and answers of any service. */
export const generalVerdicts = {
  "missing-variables": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) =>
      `Missing required environment variable(s): ${s.names.join(", ")}.${s.code ? ` Set, but empty: ${s.code}.` : ""}`,
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
  "cut-value": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `${list(s)} ends after its first line, so nothing was asked.`,
    remedy: (s) =>
      `Put all of ${list(s)} between double quotes in the env file, then: ./sophia_secrets import-env --env-file .env`,
  },
  "wrong-address": {
    outcome: "unknown",
    class: "configuration",
    retry: false,
    reason: (s) => `${list(s)} leads elsewhere, so nothing was asked: ${s.purpose}.`,
    remedy: (s) => `Set ${list(s)} to ${s.code}.`,
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
  expired: {
    outcome: "rejected",
    class: "authentication",
    refused: true,
    reason: (s) => `${title(s)} refused the credential, which has expired (${s.code}).`,
    remedy: (s) =>
      s.service.rotation
        ? `Replace ${list(s)}: npx sophia-secrets rotate --service ${s.service.name}`
        : `Make a new ${list(s)}: ${s.service.docs}`,
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
    remedy: (s) =>
      `Verify ${title(s)} permissions for the provided credentials (${list(s)}), see ${s.service.docs}` +
      (s.about?.length ? `; verify too that ${s.about.join(" and ")} are of what they may see.` : "."),
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
  "proxy-refused": {
    outcome: "unknown",
    class: "connection",
    retry: false,
    reason: (s) => `The proxy on the way to ${title(s)} refuses to pass it on (${s.code}).`,
    remedy: () =>
      "Verify HTTPS_PROXY (with USER:PASSWORD@ before its host where it wants to know who asks), have the host allowed there, or name it in NO_PROXY.",
  },
  "timed-out": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `${title(s)} did not answer in time.`,
    remedy: (s) =>
      `Check network connectivity and IP restrictions between here and ${list(s)}, then run: npx sophia-secrets ${s.service.name === "" ? "doctor" : `test ${s.service.name}`}`,
  },
  "connection-broken": {
    outcome: "unknown",
    class: "connection",
    reason: (s) => `The connection to ${title(s)} broke (${s.code}).`,
    remedy: (s) =>
      `Check network connectivity and proxies between here and ${list(s)}, then run: npx sophia-secrets ${s.service.name === "" ? "doctor" : `test ${s.service.name}`}`,
  },
  cancelled: { outcome: "unknown", retry: false, reason: () => "The probe was cancelled." },
  defect: {
    outcome: "unknown",
    retry: false,
    reason: (s) => `The probe itself failed (${s.code}), which is a defect of this program.`,
  },
} satisfies Record<string, Verdict>;

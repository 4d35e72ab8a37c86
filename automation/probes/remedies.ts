/** What does each verdict mean, and what helps? One table: the outcome, the class, the sentence and the remedy of everything that a probe can find. */
import { type Attempt, type Finding } from "./result";
import { type Subject, type Verdict } from "./verdict";
import { generalVerdicts } from "./verdicts-general";
import { snowflakeVerdicts } from "./verdicts-snowflake";

export { type Subject } from "./verdict";

const table = { ...generalVerdicts, ...snowflakeVerdicts };

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
  if (code.startsWith("proxy ")) return judge("proxy-refused", { ...subject, code: `HTTP ${code.slice(6)}` });
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ENODATA") return judge("name-unknown", subject);
  if (code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH") {
    return judge("connection-refused", subject);
  }
  if (TLS.test(code)) return judge("tls-failed", subject);
  return judge(TIMED_OUT.test(code) ? "timed-out" : "connection-broken", subject);
}

/** What does each of Snowflake's refusals mean, and what helps? Statements that put it right come with the subject. */
import { list, type Verdict } from "./verdict";

/** Verdicts on log-ins and statements. */
export const snowflakeVerdicts = {
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

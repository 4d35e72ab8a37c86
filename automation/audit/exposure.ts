/** Is anything more open than it should be, or about to end? Tokens, passwords, the readers of the organization's secrets, env files. */
import { materialOf } from "../../services/select";
import { type Credential } from "../../services/service";
import { credentialInUse } from "../rotation/strategies";
import { inTurn, ours, shellWord, syncCommand } from "./commands";
import { finding, type Finding } from "./findings";
import { recordOf } from "./services";
import { type StorageJudgement } from "./storage";

/** The findings on all of these. */
export function exposureFindings(judgement: StorageJudgement): Finding[] {
  return [
    ...tokenFindings(judgement),
    ...passwordFindings(judgement),
    ...visibilityFindings(judgement),
    ...envFileFindings(judgement),
  ];
}

function tokenFindings({ session, evidence }: StorageJudgement): Finding[] {
  return evidence.tokens.flatMap(({ token, state, expiresAt, daysLeft }) => {
    if (state !== "expired" && state !== "expiring") return [];
    const isControl = /^[A-Z_]+$/.test(token);
    const service = isControl ? undefined : token.split("-")[0];
    const message =
      state === "expired"
        ? `${token} has expired (${expiresAt?.slice(0, 10)})`
        : `${token} expires in ${daysLeft} days (${expiresAt?.slice(0, 10)})`;
    const command =
      service === undefined
        ? `export ${token}=... # a new token, then: ${ours(session.stackName, "doctor")}`
        : ours(session.stackName, "rotate", "--service", service);
    const rule = state === "expired" ? "token-expired" : "token-expiring";
    return [finding(rule, { location: `tokens/${token}`, ...(service ? { service } : {}), message, command })];
  });
}

/** Snowflake is ending passwords of service users: https://docs.snowflake.com/en/user-guide/security-mfa-rollout */
function passwordFindings({ session, catalogue, evidence }: StorageJudgement): Finding[] {
  const { stackName: stack, settings } = session;
  // Before the first `up` there is no user.
  if (evidence.ledger.state === "absent") return [];
  return catalogue.flatMap((one) => {
    const { name: service, title, rotation } = one;
    const present = credentialInUse(one, recordOf(one, evidence));
    if (!rotation || !present || !isPassword(present)) return [];
    const chosen = rotation.strategies[settings.strategies[service] ?? ""];
    const other = Object.keys(rotation.strategies).find((word) => !isPassword(rotation.strategies[word]));
    const kept = other === undefined ? undefined : rotation.strategies[other];
    const lost = kept ? materialOf(present).filter((name) => !materialOf(kept).includes(name)) : [];
    const warning = lost.length === 0 ? "" : `; see first that no program needs ${lost.join(", ")}, which goes`;
    const message = `${title} is ending passwords for service users, and this stack uses one${warning}`;
    // A setting that chooses another strategy shows at the next rotation.
    const rotate = ours(stack, "rotate", "--service", service);
    const command =
      other === undefined || rotation.config === undefined
        ? "https://docs.snowflake.com/en/user-guide/security-mfa-rollout"
        : isPassword(chosen)
          ? inTurn(`pulumi config set sophia:${rotation.config} ${other} --stack ${shellWord(stack)}`, rotate)
          : rotate;
    return [finding("password-user", { service, location: `services/${service}.ts`, message, command })];
  });
}

function isPassword(credential: Credential | undefined): boolean {
  return credential?.kind === "snowflake-user" && credential.method === "password";
}

function visibilityFindings({ session, places }: StorageJudgement): Finding[] {
  const { settings, stackName: stack } = session;
  return places.flatMap(({ place, where }) => {
    if (where.kind !== "organization" || where.visibility !== "all") return [];
    const message = `Every repository of ${settings.github.owner}, public ones included, reads the organization's secrets`;
    const command = settings.github.organizationSecrets
      ? inTurn(
          `pulumi config set sophia:githubOrganizationVisibility private --stack ${shellWord(stack)}`,
          ours(stack, "up"),
        )
      : syncCommand(settings, where, "--visibility", "private");
    return [finding("visible-to-all", { place, location: place.replaceAll(" ", "/"), message, command })];
  });
}

function envFileFindings({ evidence }: StorageJudgement): Finding[] {
  return evidence.envFiles.flatMap(({ file, tracked, exposed, mode }) => [
    ...(tracked
      ? [
          finding("env-file-tracked", {
            location: file,
            message: `Git tracks ${file}; rotate what is in it as well`,
            command: `git rm --cached ${shellWord(file)}`,
          }),
        ]
      : []),
    ...(exposed
      ? [
          finding("env-file-mode", {
            location: file,
            message: `Others can read ${file} (mode ${mode})`,
            command: `chmod 600 ${shellWord(file)}`,
          }),
        ]
      : []),
  ]);
}

/** What is an environment variable of Vercel, and which does Vercel take? */
import { randomBytes } from "node:crypto";
import { badRequest, failure } from "./replies";

/** Vercel's three standard targets; a project's custom environments go by id. */
export type VercelTarget = "production" | "preview" | "development";

/** How a value is kept: `sensitive` values are never readable again, the others are. */
export type VariableType = "plain" | "encrypted" | "sensitive";

/** What projects' own and shared variables have in common. Dates are milliseconds since 1970. */
export interface VercelVariable {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly type: VariableType;
  /** Sorted. */
  readonly target: readonly VercelTarget[];
  readonly customEnvironmentIds: readonly string[];
  /** A preview branch that it is limited to. */
  readonly gitBranch?: string;
  readonly comment: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The part of a variable that a request names. */
export type VariableSettings = Omit<VercelVariable, "id" | "createdAt" | "updatedAt">;

/** The largest value, and the most that all values of a deployment may have, in bytes (https://vercel.com/docs/environment-variables). */
const MAX_VALUE_BYTES = 64 * 1024;

/** https://vercel.com/docs/environment-variables/reserved-environment-variables */
const RESERVED = new Set([
  ...["AWS_SECRET_KEY", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"],
  ...["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"],
  ...["NOW_REGION", "TZ", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"],
]);

const TARGETS: readonly string[] = ["development", "preview", "production"];

/**
 * Reads the settings of a variable from a body; what the body leaves out is taken from `before`.
 * `policy` `on` is the team rule that production and preview take sensitive variables only
 * (https://vercel.com/docs/environment-variables/sensitive-environment-variables). Throws 400.
 */
export function parseVariable(
  body: Readonly<Record<string, unknown>>,
  policy: "on" | null,
  before?: VercelVariable,
): VariableSettings {
  const type = body["type"] ?? before?.type ?? "encrypted";
  const value = body["value"] ?? before?.value;
  const comment = body["comment"] ?? before?.comment ?? "";
  const gitBranch = body["gitBranch"] ?? before?.gitBranch;
  const customEnvironmentIds = body["customEnvironmentIds"] ?? before?.customEnvironmentIds ?? [];
  const target = parseTarget(body["target"] ?? before?.target ?? []);
  if (type !== "plain" && type !== "encrypted" && type !== "sensitive") {
    throw badRequest("`type` must be one of plain, encrypted, sensitive.");
  }
  if (typeof value !== "string") throw badRequest("Missing required property `value`.");
  if (Buffer.byteLength(value, "utf8") > MAX_VALUE_BYTES) throw badRequest("`value` is larger than 64 KB.");
  if (typeof comment !== "string" || comment.length > 500) throw badRequest("`comment` has at most 500 characters.");
  if (!isStringArray(customEnvironmentIds)) throw badRequest("`customEnvironmentIds` must be an array of strings.");
  if (gitBranch !== undefined && gitBranch !== null && (typeof gitBranch !== "string" || !target.includes("preview"))) {
    throw badRequest("`gitBranch` can be set for the target preview only.");
  }
  if (target.length === 0 && customEnvironmentIds.length === 0) throw badRequest("At least one target is needed.");
  if (type === "sensitive" && target.includes("development")) {
    throw badRequest("You cannot set a Sensitive Environment Variable's target to development.");
  }
  if (type !== "sensitive" && policy === "on" && target.some((one) => one !== "development")) {
    throw badRequest("The team's policy demands Sensitive Environment Variables for production and preview.");
  }
  return {
    key: parseKey(body["key"] ?? before?.key),
    value,
    type,
    target,
    customEnvironmentIds,
    ...(typeof gitBranch === "string" ? { gitBranch } : {}),
    comment,
  };
}

/** The error of a variable whose key and targets are taken already; Vercel names the culprit in it. */
export function conflictError(taken: VercelVariable): Readonly<Record<string, unknown>> {
  const { key, target, gitBranch } = taken;
  return {
    code: "ENV_CONFLICT",
    message:
      `A variable with the name \`${key}\` already exists for the target ${target.join(",")} ` +
      `on branch ${gitBranch ?? "undefined"}`,
    key,
    envVarKey: key,
    envVarId: taken.id,
    target,
    ...(gitBranch === undefined ? {} : { gitBranch }),
  };
}

/** Whether both would set the same key in the same place. */
export function collides(a: VariableSettings, b: VariableSettings): boolean {
  return (
    a.key === b.key &&
    a.gitBranch === b.gitBranch &&
    (a.target.some((one) => b.target.includes(one)) ||
      a.customEnvironmentIds.some((one) => b.customEnvironmentIds.includes(one)))
  );
}

/** What Vercel gives back as `value`: the value where it may be read, an opaque text where it stays encrypted, nothing for a sensitive one. */
export function shownValue(variable: VercelVariable, how: "decrypted" | "as stored"): string {
  if (variable.type === "plain") return variable.value;
  if (variable.type === "sensitive") return "";
  return how === "decrypted" ? variable.value : `eyJ2IjoidjIi${randomBytes(48).toString("base64url")}`;
}

function parseKey(key: unknown): string {
  if (typeof key !== "string" || key === "") throw badRequest("Missing required property `key`.");
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key.length > 256) {
    throw failure(
      400,
      "ENV_KEY_INVALID_CHARACTERS",
      "The name of your Environment Variable contains invalid characters. Only letters, digits, and underscores are allowed. " +
        "Furthermore, the name should not start with a digit.",
      { key },
    );
  }
  if (RESERVED.has(key)) throw failure(400, "RESERVED_ENV_VARIABLE", `\`${key}\` is reserved.`, { key });
  return key;
}

function parseTarget(value: unknown): VercelTarget[] {
  const list = typeof value === "string" ? [value] : value;
  if (!isStringArray(list) || list.some((one) => !TARGETS.includes(one))) {
    throw badRequest("`target` must be an array of production, preview, development.");
  }
  return [...new Set(list as readonly VercelTarget[])].sort();
}

function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

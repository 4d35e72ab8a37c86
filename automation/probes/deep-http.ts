/** How are the declared checks of a service over HTTPS carried out? One request each, in order, with what earlier ones have captured. */
import { type HttpCheck } from "../../services/deep";
import { type HttpStep, type JsonPart, type Reference } from "../../services/service";
import { judgeAllowance, judgeNewest, judgeRows, rowsOf, valuesAt, type RuleContext } from "./deep-rules";
import { askStep, type Answer } from "./http";
import { type HttpAttemptContext } from "./http-request";
import { attemptPatiently, type Patience } from "./patience";
import { judge } from "./remedies";
import { type Attempt, type CheckResult } from "./result";
import { findValue } from "./values";

/** What the checks may use. */
export type DeepHttpContext = Omit<HttpAttemptContext, "steps"> & Pick<Patience, "unknown">;

type Asking = Exclude<HttpCheck, { kind: "allowance" }>;

/** Runs the checks one after the other; one that does not pass stops none of the others but those that need what it would have captured. */
export async function checkHttp(checks: readonly HttpCheck[], context: DeepHttpContext): Promise<CheckResult[]> {
  const captured = new Map<string, readonly string[]>();
  const results: CheckResult[] = [];
  let headers: Headers | undefined;
  for (const check of checks) {
    if (check.kind === "allowance") {
      if (headers) results.push(judgeAllowance(check, headers, context.service.title));
      continue;
    }
    if (!isAskable(check.request, captured)) continue;
    const answer = await ask(check, context, captured);
    if ("finding" in answer) results.push(resultOf(check.name, answer));
    else {
      headers = answer.headers;
      results.push(judgeCheck(check, answer, captured, context));
    }
  }
  return results;
}

/** The result that a verdict makes of a check: what is refused has failed. */
export function resultOf(name: string, { finding }: Attempt): CheckResult {
  const { outcome, class: group, reason, remedy } = finding;
  return {
    name,
    status: outcome === "rejected" ? "failed" : outcome,
    ...(group ? { class: group } : {}),
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

async function ask(
  { request, none }: Asking,
  context: DeepHttpContext,
  captured: ReadonlyMap<string, readonly string[]>,
): Promise<Answer | Attempt> {
  let answer: Answer | undefined;
  const once = async (): Promise<Attempt> => {
    const got = await askStep(
      request,
      { ...context, steps: [request] },
      { captured, first: false, ...(none === undefined ? {} : { none }) },
    );
    if ("finding" in got) return got;
    answer = got;
    return PASSED;
  };
  const attempt = await attemptPatiently(once, { ...context, rejected: 0 });
  return answer ?? attempt ?? judge("cancelled", { service: context.service, names: [] });
}

const PASSED: Attempt = {
  finding: { outcome: "passed", reason: "", credentialRefused: false, details: {} },
  worthRetrying: false,
};

function judgeCheck(
  check: Asking,
  { json }: Answer,
  captured: Map<string, readonly string[]>,
  context: DeepHttpContext,
): CheckResult {
  const rules = ruleContext(captured, context);
  if (check.kind === "newest") {
    return judgeNewest(
      check,
      json,
      check.of.flatMap((name) => captured.get(name) ?? []),
      rules,
    );
  }
  const rows = rowsOf(json, check);
  for (const [name, path] of Object.entries(check.capture ?? {})) {
    const values = valuesAt(rows, path).map(String);
    if (values.length > 0) captured.set(name, values);
  }
  const judged = judgeRows(check, rows, rules);
  const isPart = check.more !== undefined && valuesAt(json, check.more).includes(true);
  return isPart ? { ...judged, reason: `${judged.reason} Only the first ${rows.length} were looked at.` } : judged;
}

function ruleContext(captured: ReadonlyMap<string, readonly string[]>, context: DeepHttpContext): RuleContext {
  const { service, values, now } = context;
  const variable = (name: string): string | undefined =>
    service.variables[name]?.secret === false ? findValue(service, values, name) : undefined;
  return {
    resolve: (reference: Reference) => {
      if ("day" in reference) return undefined;
      return "captured" in reference ? captured.get(reference.captured)?.[0] : variable(reference.variable);
    },
    text: (name) => captured.get(name)?.[0] ?? variable(name),
    now: now(),
  };
}

/** Whether everything that the request refers to was captured. */
function isAskable(step: HttpStep, captured: ReadonlyMap<string, readonly string[]>): boolean {
  const isThere = (part: JsonPart | undefined): boolean => {
    if (part === undefined || typeof part === "string") return true;
    const { captured: name, every } = part as Readonly<Record<string, unknown>>;
    if (typeof name === "string") return captured.has(name);
    if (Array.isArray(every)) return every.some((one: string) => captured.has(one));
    return Object.values(part).every((inner: unknown) => typeof inner !== "object" || isThere(inner as JsonPart));
  };
  return isThere(step.body) && step.path.every(isThere) && Object.values(step.query ?? {}).every(isThere);
}

/** Which policies must the stack keep, and what if it does not? The policy pack of a run, and its violations as our error. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type PolicyEvent } from "@pulumi/pulumi/automation";
import { AutomationError, EXIT, usageError } from "./errors";

/** One resource that breaks one policy. */
export interface PolicyViolation {
  readonly policy: string;
  /** `advisory` ones are told, `mandatory` ones end the run. */
  readonly level: "advisory" | "mandatory";
  /** What must be so, and what is wrong; never a value. */
  readonly message: string;
  /** Name of the resource; missing where the whole stack is meant. */
  readonly resource?: string;
}

/** What the Automation API is told of a pack. */
export interface PolicyPackOptions {
  readonly policyPacks: string[];
  readonly policyPackConfigs?: string[];
}

/**
 * The pack in a folder: the executable `analyzer` where there is one, which needs no language host, else the folder, with its PulumiPolicy.yaml.
 * Beside it `config.json` holds what the rules may be set to. Throws a usage error when there is no pack.
 */
export function findPolicyPack(folder: string, directory: string): PolicyPackOptions {
  const path = resolve(directory, folder);
  const analyzer = join(path, "analyzer");
  const isPack = isExecutable(analyzer) || existsSync(join(path, "PulumiPolicy.yaml"));
  if (!isPack) {
    throw usageError(
      "policy.missing",
      `There is no policy pack in ${folder}; nothing was changed.`,
      "Name a folder with a PulumiPolicy.yaml, or with an executable called analyzer: --policy-pack policy",
    );
  }
  const config = join(path, "config.json");
  return {
    policyPacks: [isExecutable(analyzer) ? analyzer : path],
    ...(existsSync(config) ? { policyPackConfigs: [config] } : {}),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The engine sends the description and the violation as two lines. */
export function violationOf({ policyName, enforcementLevel, message, resourceUrn }: PolicyEvent): PolicyViolation {
  const resource = resourceUrn?.split("::").pop();
  return {
    policy: policyName,
    level: enforcementLevel === "mandatory" ? "mandatory" : "advisory",
    message:
      message
        .replace(/<\{%[^%]*%\}>|\u001b\[[0-9;]*m/g, "")
        .trim()
        .split(/\s*\n\s*/)
        .pop() ?? "",
    ...(resource === undefined ? {} : { resource }),
  };
}

/** `RESOURCE: MESSAGE (POLICY)` */
export function describeViolation({ policy, message, resource }: PolicyViolation): string {
  return `${resource === undefined ? "" : `${resource}: `}${message} (${policy})`;
}

/** The error of a run that mandatory policies have ended: exit 5. */
export function policyError(verb: string, stack: string, violations: readonly PolicyViolation[]): AutomationError {
  const lines = violations.filter(({ level }) => level === "mandatory").map((one) => `  ${describeViolation(one)}`);
  return new AutomationError({
    code: "stack.policy",
    exitCode: EXIT.policy,
    message: [`pulumi ${verb} of stack ${stack} was ended by its policies:`, ...lines].join("\n"),
    hint: "Mend what they name, then run the same command again. What each is for: docs/ci.md",
    stack,
  });
}

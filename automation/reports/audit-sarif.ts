/** How does a code-scanning service read an audit? SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
import { createHash } from "node:crypto";
import { type Audit } from "../audit";
import { RULES, type Finding, type RuleId } from "../audit/findings";

/** Makes the log of one run. `version` is that of this program. */
export function auditSarif({ stack, timestamp, findings }: Audit, version: string): object {
  const rules = Object.entries(RULES).map(([id, { title, level }]) => ({
    id,
    shortDescription: { text: title },
    defaultConfiguration: { level },
  }));
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "sophia-secrets", semanticVersion: version, rules } },
        automationDetails: { id: `sophia-secrets/audit/${encodeURIComponent(stack)}/` },
        invocations: [{ executionSuccessful: true, endTimeUtc: timestamp }],
        results: findings.map(sarifResult),
      },
    ],
  };
}

function sarifResult(finding: Finding): object {
  const { rule, level, message, command, location, service, place, variables } = finding;
  return {
    ruleId: rule,
    ruleIndex: ruleIndex(rule),
    level,
    message: { text: `${message}. To mend it: ${command}` },
    locations: [
      {
        // Code scanning shows nothing without a region.
        physicalLocation: { artifactLocation: { uri: uriOf(location) }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: location, kind: "resource" }],
      },
    ],
    partialFingerprints: { "sophiaSecrets/v1": identityOf(finding) },
    properties: {
      command,
      ...(service === undefined ? {} : { service }),
      ...(place === undefined ? {} : { place }),
      ...(variables === undefined ? {} : { variables }),
    },
  };
}

function ruleIndex(rule: RuleId): number {
  return Object.keys(RULES).indexOf(rule);
}

/** Stays the same from day to day, so that a finding which is still there is not told as a new one; its message counts days. */
function identityOf({ rule, location, service = "", variables = [] }: Finding): string {
  return createHash("sha256")
    .update(JSON.stringify([rule, location, service, variables]))
    .digest("hex")
    .slice(0, 32);
}

/** A relative reference: names come from outside and may hold anything. */
function uriOf(location: string): string {
  // Half a surrogate pair has no encoding.
  const text = location.replace(/\p{Cs}/gu, "\uFFFD");
  return text.split("/").map(encodeURIComponent).join("/");
}

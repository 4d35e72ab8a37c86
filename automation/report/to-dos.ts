/** What needs doing on a stack? What the audit found and what the newest test says, the gravest first. */
import { findOwner } from "../../services/select";
import { type Audit } from "../audit";
import { ours } from "../audit/commands";
import { RULES, type Finding, type FindingLevel } from "../audit/findings";
import { type NewestTest, type TestedService } from "./saved-test";

/** One thing to do. No field holds a value of a secret. */
export interface ToDo {
  readonly level: FindingLevel;
  /** One sentence without a full stop. */
  readonly message: string;
  /** What is behind it, a sentence. */
  readonly reason: string;
  /** What mends it, to be run as it stands; a page of the vendor where only a person can. */
  readonly command: string;
  /** The services that it concerns. */
  readonly services: readonly string[];
}

const LEVELS: readonly FindingLevel[] = ["error", "warning", "note"];
const DAY_MS = 86_400_000;
/** Days after which a test says little: it is to run daily. */
const OLD_TEST_DAYS = 7;

/** What an audit found, as things to do, in its order. */
export function findingsToDo(findings: readonly Finding[]): ToDo[] {
  return findings.map(({ rule, level, message, command, service, variables = [] }) => ({
    ...{ level, message, command, reason: RULES[rule].title },
    services: service === undefined ? ownersOf(variables) : [service],
  }));
}

function ownersOf(variables: readonly string[]): string[] {
  return [...new Set(variables.flatMap((name) => findOwner(name)?.name ?? []))];
}

/** All of it; within a level what the audit found comes first, in its order. */
export function toDosOf({ findings, services, stack, timestamp }: Audit, test: NewestTest): ToDo[] {
  const rotatedAt = new Map(services.map(({ service, rotatedAt: time }) => [service, time]));
  const all = [...findingsToDo(findings), ...testToDos(test, { stack, now: Date.parse(timestamp), rotatedAt })];
  return LEVELS.flatMap((level) => all.filter((one) => one.level === level));
}

interface TestView {
  readonly stack: string;
  readonly now: number;
  /** When each service was rotated last; ISO. */
  readonly rotatedAt: ReadonlyMap<string, string | undefined>;
}

/** Whether the result is of a credential that has been replaced since. */
export function isStale(testedAt: string, rotatedAt: string | undefined): boolean {
  return rotatedAt !== undefined && Date.parse(testedAt) < Date.parse(rotatedAt);
}

function testToDos(test: NewestTest, { stack, now, rotatedAt }: TestView): ToDo[] {
  const again = ours(stack, "report", "--test");
  const note = (message: string, reason: string): ToDo[] => [
    { level: "note", message, reason, command: again, services: [] },
  ];
  if (test.state === "none") return note("No test says whether the services work", "There is no saved result here.");
  if (test.state === "unreadable") return note(`${test.file} cannot be read`, `The newest result: ${test.reason}.`);
  const days = Math.floor((now - Date.parse(test.timestamp)) / DAY_MS);
  const old = days >= OLD_TEST_DAYS ? note(`The newest test is ${days} days old`, "Much can have changed since.") : [];
  const failed = test.services.filter(({ outcome }) => outcome !== "passed");
  return [...failed.map((one) => failureToDo(one, isStale(test.timestamp, rotatedAt.get(one.service)), stack)), ...old];
}

function failureToDo({ service, outcome, reason, advice }: TestedService, stale: boolean, stack: string): ToDo {
  const because = [...(reason === undefined ? [] : [reason]), ...advice].map((text) => text.replace(/\.*$/, "."));
  return {
    level: outcome === "rejected" && !stale ? "error" : "warning",
    message: stale
      ? `The test of ${service} failed before its last rotation, and was not run since`
      : `The test of ${service} ${outcome === "rejected" ? "failed" : "came to no result"}`,
    reason: because.join(" "),
    command: ours(stack, "test", service),
    services: [service],
  };
}

/** What do we keep of the engine's event stream? Resource operations and the texts of errors. */
import { BATCH_TYPE, entryChanges } from "./sync/batched";
import { type EngineEvent, type StepEventMetadata } from "@pulumi/pulumi/automation";
import { type PolicyViolation, violationOf } from "./policy";

/** One resource that a run changed, or would change. */
export interface ResourceChange {
  /** The engine's word: create, update, replace, delete … */
  readonly op: string;
  readonly type: string;
  readonly name: string;
}

/** The resource that stands for the whole stack: its outputs are the program's. */
const STACK = "pulumi:pulumi:Stack";

/** Keeps of the event stream what reports need. */
export class EventCollector {
  readonly changes: ResourceChange[] = [];
  readonly failed: ResourceChange[] = [];
  readonly errors: string[] = [];
  readonly violations: PolicyViolation[] = [];
  unchanged = 0;
  /** What the program exported, when it has ended well. */
  outputs: Readonly<Record<string, unknown>> = {};

  /**
   * `onChange` is told of each change as it begins, `tellStep` in a line of each resource, changed or not, `onProgress` how far a resource is that
   * takes long.
   */
  constructor(
    private readonly onChange?: (change: ResourceChange) => void,
    private readonly tellStep?: (line: string) => void,
    private readonly onProgress?: (line: string) => void,
  ) {}

  take(event: EngineEvent): void {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent } = event;
    if (resourcePreEvent) this.takeStep(resourcePreEvent.metadata);
    if (resOutputsEvent?.metadata.type === STACK) this.outputs = resOutputsEvent.metadata.new?.outputs ?? {};
    if (resOpFailedEvent) this.failed.push(changeOf(resOpFailedEvent.metadata));
    if (policyEvent) this.violations.push(violationOf(policyEvent));
    if (diagnosticEvent?.ephemeral && diagnosticEvent.urn?.includes(BATCH_TYPE))
      this.onProgress?.(oneLine(diagnosticEvent.message));
    if (diagnosticEvent?.severity === "error") this.takeError(diagnosticEvent.message);
  }

  /** Takes the text of an error. One of the program comes twice, the first time by its class. */
  takeError(text: string): void {
    const sentence = oneLine(withoutTrace(text)).replace(/^(Unhandled exception: )?[A-Za-z]*Error: /, "");
    if (sentence !== "" && !this.errors.includes(sentence)) this.errors.push(sentence);
  }

  private takeStep(metadata: StepEventMetadata): void {
    if (!isWork(metadata)) return;
    const step = changeOf(metadata);
    this.tellStep?.(`step  ${step.op.padEnd(8)} ${step.name}  (${step.type})`);
    if (metadata.op === "same" || metadata.op === "read" || metadata.op === "refresh") {
      this.unchanged += 1;
      return;
    }
    for (const change of changesOf(metadata)) {
      this.changes.push(change);
      this.onChange?.(change);
    }
  }
}

/** Components and the stack only group; providers come and go with them (but a change of one is news); a replacement has a step of its own name. */
function isWork({ op, type, new: after, old: before }: StepEventMetadata): boolean {
  if ((after ?? before)?.custom !== true || op === "create-replacement" || op === "delete-replaced") return false;
  return !type.startsWith("pulumi:providers:") || op === "update";
}

/** A resource that writes a whole place is told entry by entry. */
function changesOf(metadata: StepEventMetadata): ResourceChange[] {
  const change = changeOf(metadata);
  // The engine calls it a deletion also where it only forgets.
  if (change.op === "delete" && metadata.old?.retainOnDelete) return [{ ...change, op: "forget" }];
  if (metadata.type !== BATCH_TYPE) return [change];
  return entryChanges({ op: metadata.op, name: change.name, before: metadata.old, after: metadata.new });
}

function changeOf({ op, urn, type }: { op: string; urn: string; type: string }): ResourceChange {
  return { op, type, name: urn.split("::").pop() ?? urn };
}

/** `create NAME`, for messages. */
export function describeChange({ op, name }: ResourceChange): string {
  return `${op} ${name}`;
}

/** The plain CLI shows where in the program it was; in a message for people it hides the sentence. */
function withoutTrace(text: string): string {
  return text.replace(/^\s+at .*:\d+:\d+\)?$/gm, "");
}

function oneLine(text: string): string {
  return text
    .replace(/<\{%[^%]*%\}>|\u001b\[[0-9;]*m/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** The last line of the CLI's output, which says what ended it. */
export function lastLine(text: string): string {
  return oneLine(text.trim().split("\n").pop() ?? "no reason given");
}

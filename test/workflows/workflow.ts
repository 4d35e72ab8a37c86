/** What do the workflows say? Each file as GitHub reads it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CHECKOUT } from "../support/sandbox";

/** One step; values are texts with expressions in them. */
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One job: steps, or a workflow that it calls. */
export interface Job {
  readonly name?: string;
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly strategy?: { readonly matrix: Readonly<Record<string, unknown>> };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

/** A workflow as it stands in its file. */
export interface WorkflowDocument {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

/** An action of this repository, made of steps. */
export interface ActionDocument {
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** A file with its content. `name` is the file's, or the action's folder. */
export interface Read<T> {
  readonly name: string;
  readonly text: string;
  readonly document: T;
}

/** The workflows, by name. */
export function readWorkflows(): Read<WorkflowDocument>[] {
  const folder = join(CHECKOUT, ".github", "workflows");
  return readdirSync(folder)
    .sort()
    .map((file) => read<WorkflowDocument>(file.replace(/\.ya?ml$/, ""), join(folder, file)));
}

/** The actions of this repository, by name. */
export function readActions(): Read<ActionDocument>[] {
  const folder = join(CHECKOUT, ".github", "actions");
  return readdirSync(folder)
    .sort()
    .map((name) => read<ActionDocument>(name, join(folder, name, "action.yml")));
}

function read<T>(name: string, path: string): Read<T> {
  const text = readFileSync(path, "utf8");
  return { name, text, document: parse(text) as T };
}

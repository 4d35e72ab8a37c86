/** What need not be asked of the Pulumi CLI again and again by one process? Each question is a start of 0.3 s: its version, and whether a stack is there that was there before. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";

const commands = new Map<string, Promise<PulumiCommand>>();
const selected = new Set<string>();

let patched: Promise<void> | undefined;
let isAnew = false;

/** From here on, the Automation API of this process asks each of the two once for a PATH and for a stack of a file backend. */
export function askOnce(): Promise<void> {
  return (patched ??= patch());
}

/** Meanwhile each question is asked as often as a process of its own would ask it. */
export async function askingAnew<T>(act: () => Promise<T>): Promise<T> {
  isAnew = true;
  try {
    return await act();
  } finally {
    isAnew = false;
  }
}

async function patch(): Promise<void> {
  const { LocalWorkspace, PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
  const get = PulumiCommand.get.bind(PulumiCommand);
  PulumiCommand.get = (options) => {
    if (isAnew) return get(options);
    const key = JSON.stringify([process.env.PATH, options]);
    const known = commands.get(key) ?? get(options);
    commands.set(key, known);
    known.catch(() => commands.delete(key));
    return known;
  };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called for the workspace that it is asked of
  const select = LocalWorkspace.prototype.selectStack;
  LocalWorkspace.prototype.selectStack = async function (this: LocalWorkspace, name) {
    const state = stateFile(this.envVars.PULUMI_BACKEND_URL, name);
    if (!isAnew && state !== undefined && selected.has(state) && existsSync(state)) return;
    await select.call(this, name);
    if (state !== undefined) selected.add(state);
  };
}

function stateFile(backend: string | undefined, stack: string): string | undefined {
  if (!backend?.startsWith("file://")) return undefined;
  return join(fileURLToPath(backend), ".pulumi", "stacks", "sophia", `${stack}.json`);
}

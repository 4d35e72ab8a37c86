/** What need not be asked of the Pulumi CLI again and again by one process? Each question is a start of 0.3 s: its version, whether a stack is there that was there before, and what a state holds. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { outputsOf, readExported } from "./exported-state";

const commands = new Map<string, Promise<PulumiCommand>>();
const selected = new Set<string>();

let patched: Promise<void> | undefined;
let isAnew = false;

/** From here on, the Automation API of this process asks the first two once for a PATH and for a stack of a file backend, and reads the third by itself. */
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
  // eslint-disable-next-line @typescript-eslint/unbound-method -- they are called for the workspace that is asked
  const { exportStack, stackOutputs } = LocalWorkspace.prototype;
  const read = async ({ envVars }: LocalWorkspace, name: string) => {
    const state = stateFile(envVars.PULUMI_BACKEND_URL, name);
    return isAnew || state === undefined ? undefined : readExported(state, envVars);
  };
  LocalWorkspace.prototype.exportStack = async function (this: LocalWorkspace, name) {
    return (await read(this, name)) ?? (await exportStack.call(this, name));
  };
  LocalWorkspace.prototype.stackOutputs = async function (this: LocalWorkspace, name) {
    const exported = await read(this, name);
    return exported ? outputsOf(exported.deployment) : stackOutputs.call(this, name);
  };
  // It notes the stack of each promise, a fifth of what a run takes in this process, and tells of those that are left when the process ends.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import is a view of it that cannot be changed
  Object.assign(require("@pulumi/pulumi/runtime/debuggable") as object, {
    debuggablePromise: <T>(promise: Promise<T>) => promise,
  });
}

function stateFile(backend: string | undefined, stack: string): string | undefined {
  if (!backend?.startsWith("file://")) return undefined;
  return join(fileURLToPath(backend), ".pulumi", "stacks", "sophia", `${stack}.json`);
}

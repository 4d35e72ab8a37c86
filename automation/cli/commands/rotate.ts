/** `rotate`: replace credentials without a moment in which a consumer's credential is refused. */
import { readFile } from "node:fs/promises";
import { type Credential, type Service } from "../../../services/service";
import { materialOf } from "../../../services/select";
import { usageError } from "../../errors";
import { formatRotationReport } from "../../reports/rotation";
import { createRotationContext } from "../../rotation/context";
import { type Assistant } from "../../rotation/participant";
import { rotationExitCode } from "../../rotation/report";
import { rotate } from "../../rotation/rotate";
import { refuseControlTokens, refuseHandedOver } from "../../self-rotation";
import { selectServices, type CommandContext, type CommandResult } from "../command";

/** Options of `rotate`. */
export interface RotateCommandOptions {
  readonly services: readonly string[];
  readonly graceMs: number;
  readonly resume: boolean;
  readonly takeOver: boolean;
  /** Go back to the old credential instead. @default false */
  readonly abort: boolean;
  readonly yes: boolean;
  /** A JSON file, or `-` for standard input, with the new values of a credential that a person makes. */
  readonly fromFile?: string;
}

/** Rotates the selected services. */
export async function runRotate(options: RotateCommandOptions, context: CommandContext): Promise<CommandResult> {
  const { dependencies, output } = context;
  const selected = selectServices(options.services, ({ rotation }) => rotation !== undefined);
  const session = context.session();
  if (options.fromFile !== undefined && !selected.some((one) => session.credentialOf(one).kind === "provided")) {
    throw usageError(
      "rotate.nothing_to_hand_over",
      `--from-file hands over what a person has made, but ${selected.map(({ title }) => title).join(", ")} makes its own; nothing was changed.`,
      "Leave --from-file out, or name a service without an API for it.",
    );
  }
  await context.requireConsent(
    `Rotate ${selected.map(({ title }) => title).join(", ")} on stack ${session.stackName}?`,
    options.yes,
  );
  await session.checkEsc();
  refuseControlTokens((await session.intake.require()).intake, session.settings);
  const rotation = createRotationContext(session, {
    assistant: createAssistant(options, context),
    now: dependencies.now,
    sleep: dependencies.sleep,
    tell: (service, { step, detail }) => output.talk(`  ${service.padEnd(10)} ${step.padEnd(8)} ${detail}`),
    tellUp: (step) => output.talk(`pulumi up (${step})`),
    tellChange: ({ op, name }) => output.talk(`    ${op.padEnd(8)} ${name}`),
  });
  const { graceMs, resume, takeOver, abort } = options;
  const report = await rotate({ services: selected, graceMs, resumeOnly: resume, takeOver, abort }, rotation);
  output.result(report, formatRotationReport(report));
  return rotationExitCode(report);
}

/** The person at the terminal, or the file that stands for one. */
function createAssistant({ fromFile }: RotateCommandOptions, context: CommandContext): Assistant {
  const { output, dependencies } = context;
  return {
    provide: async (service, credential) => {
      // Whoever hands the credential over has made it already.
      if (fromFile === undefined) explain(service, credential, context);
      const values = fromFile === undefined ? await ask(credential, context) : await readHandedOver(fromFile, context);
      dependencies.redactor.addAll(Object.values(values ?? {}));
      refuseHandedOver(values ?? {}, context.session().settings);
      return values;
    },
    retire: (service) => {
      output.talk(
        `  ${service.name}: delete the old credential at ${service.title} now, if it is still there (${service.docs})`,
      );
      return Promise.resolve(false);
    },
  };
}

function explain(service: Service, credential: Credential, { output }: CommandContext): void {
  if (credential.kind !== "provided") return;
  output.talk(`${service.title} has no API that makes credentials:`);
  for (const [index, step] of credential.steps.entries()) output.talk(`  ${index + 1}. ${step}`);
}

async function ask(credential: Credential, context: CommandContext): Promise<Record<string, string> | undefined> {
  if (!context.isInteractive) return undefined;
  const { password } = await import("@inquirer/prompts");
  const values: Record<string, string> = {};
  for (const name of materialOf(credential)) {
    const value = await password(
      { message: `${name} (hidden)`, toggleMask: false },
      { output: context.dependencies.stderr },
    ).catch(() => "");
    if (value === "") return undefined;
    values[name] = value;
  }
  return values;
}

async function readHandedOver(path: string, { dependencies }: CommandContext): Promise<Record<string, string>> {
  const text = path === "-" ? await readAll(dependencies.stdin) : await readFile(path, "utf8").catch(() => undefined);
  try {
    const parsed: unknown = JSON.parse(text ?? "");
    const entries = Object.entries(parsed as Record<string, unknown>);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === "string"))
      return Object.fromEntries(entries);
  } catch {
    // Said below: the text of a parser's error may quote the file.
  }
  throw usageError(
    "rotate.unreadable_input",
    `${path === "-" ? "Standard input" : path} is no JSON object of texts; nothing was changed.`,
    'It must look like {"GONG_API_KEY": "…", "GONG_API_SECRET": "…"}.',
  );
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString("utf8");
}

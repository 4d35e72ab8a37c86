/** Who makes the credentials that no API makes? The person at the terminal, or the file that stands for one. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Readable } from "node:stream";
import { type Credential, type Service } from "../../../services/service";
import { materialOf } from "../../../services/select";
import { usageError } from "../../errors";
import { hanging } from "../../reports/text";
import { type Assistant } from "../../rotation/world";
import { refuseHandedOver } from "../../self-rotation";
import { type CommandContext } from "../command";

/**
 * The assistant of one command. `fromFile` is a JSON file with the new values, or `-` for standard input; without it the person is asked. The file
 * is read now, before anything is changed. Throws a usage error for one that is none, or holds a controlling token.
 */
export async function createAssistant(fromFile: string | undefined, context: CommandContext): Promise<Assistant> {
  const { output } = context;
  const handedOver = fromFile === undefined ? undefined : accept(await readHandedOver(fromFile, context), context);
  return {
    provide: async (service, credential) => {
      // Whoever hands the credential over has made it already.
      if (handedOver) return handedOver;
      explain(service, credential, context);
      const values = await ask(credential, context);
      return values && accept(values, context);
    },
    retire: (service) => {
      const where = `delete the old credential at ${service.title} now, if it is still there`;
      output.talk(`  ${service.name}: ${where}\n    ${service.docs}`);
      return Promise.resolve(false);
    },
  };
}

function accept(values: Record<string, string>, context: CommandContext): Record<string, string> {
  context.dependencies.redactor.addAll(Object.values(values));
  refuseHandedOver(values, context.session().settings);
  return values;
}

function explain(service: Service, credential: Credential, { output, width }: CommandContext): void {
  if (credential.kind !== "provided") return;
  output.talk(`${service.title} has no API that makes credentials:`);
  for (const [index, step] of credential.steps.entries()) output.talk(hanging(`  ${index + 1}. `, step, width));
}

/** Undefined where nobody can be asked, or the answer is empty. */
async function ask(credential: Credential, context: CommandContext): Promise<Record<string, string> | undefined> {
  if (!context.isInteractive) return undefined;
  const { password } = await import("@inquirer/prompts");
  const values: Record<string, string> = {};
  for (const name of materialOf(credential)) {
    const message = `${name} (hidden)`;
    const value = await context.ask((streams) => password({ message, toggleMask: false }, streams));
    if (value === "") return undefined;
    values[name] = value;
  }
  return values;
}

async function readHandedOver(path: string, { dependencies }: CommandContext): Promise<Record<string, string>> {
  const text = path === "-" ? await readAll(dependencies.stdin) : await readText(path, dependencies.directory);
  try {
    const parsed: unknown = JSON.parse(text);
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

async function readText(path: string, directory: string): Promise<string> {
  return readFile(resolve(directory, path), "utf8").catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(
      code === "ENOENT" ? "rotate.missing_input" : "rotate.unreadable_input",
      code === "ENOENT"
        ? `There is no file ${path}; nothing was changed.`
        : `${path} cannot be read (${code ?? "no reason"}); nothing was changed.`,
      "Name a JSON file with the new values after --from-file, or - for standard input.",
    );
  });
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString("utf8");
}

/** Who writes to the terminal? Data goes to standard output, talk to standard error, both through the redactor. */
import { type Writable } from "node:stream";
import { type AutomationError } from "../errors";
import { type Redactor } from "../redact";
import { engineText, wrapped } from "./text";

/** Where a command's words go. */
export interface OutputOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly redactor: Redactor;
  /** One JSON object on standard output, no talk. */
  readonly json: boolean;
  /** Details too, on standard error. @default false */
  readonly verbose?: boolean;
}

const ERASE_LINE = "\r\u001b[2K";
const PROGRESS_EVERY_MS = 30_000;

/** The two channels of one command. */
export class Output {
  private readonly toStdout: (text: string) => void;
  private readonly toStderr: (text: string) => void;
  private lastProgress = 0;
  private last: object | undefined;

  constructor(private readonly options: OutputOptions) {
    this.toStdout = options.redactor.writer(options.stdout);
    const toStderr = options.redactor.writer(options.stderr);
    this.toStderr = (text) => {
      // The line of the progress goes away for whatever comes next.
      toStderr(this.isTerminal && this.lastProgress > 0 ? `${ERASE_LINE}${text}` : text);
      if (this.isTerminal) this.lastProgress = 0;
    };
  }

  private get isTerminal(): boolean {
    return (this.options.stderr as { readonly isTTY?: boolean }).isTTY === true;
  }

  get isJson(): boolean {
    return this.options.json;
  }

  /** The object of the command's result, where it has had one; for who tells somebody else of it. */
  get shown(): object | undefined {
    return this.last;
  }

  /** The command's result: the object with `--json`, else the text for people. */
  result(data: object, text: string): void {
    this.last = data;
    if (this.isTerminal && this.lastProgress > 0) this.toStderr("");
    if (this.options.json) this.toStdout(`${JSON.stringify(this.options.redactor.redactDeep(data), null, 2)}\n`);
    else this.toStdout(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Text on standard output that is the whole point of the command, whatever the format: lines to `eval`. */
  raw(text: string): void {
    this.options.stdout.write(text);
  }

  /** One line of what is going on; silent with `--json`. */
  talk(line: string): void {
    if (!this.options.json) this.toStderr(`${line}\n`);
  }

  /** How far something long is, at `now` milliseconds: one line that changes on a terminal, elsewhere a line every half minute; silent with `--json`. */
  progress(line: string, now: number = Date.now()): void {
    if (this.options.json) return;
    if (!this.isTerminal) {
      if (now - this.lastProgress < PROGRESS_EVERY_MS) return;
      this.options.redactor.writer(this.options.stderr)(`  ${line}\n`);
    } else this.options.redactor.writer(this.options.stderr)(`${ERASE_LINE}  ${line}`);
    this.lastProgress = now;
  }

  /** One line of how it is done; only with `--verbose`, and then also with `--json`. */
  detail(line: string): void {
    if (this.options.verbose) this.toStderr(`  · ${line}\n`);
  }

  /** An error: text for people, with `--json` one envelope; always on standard error. */
  error(error: AutomationError): void {
    const { code, message, hint, service, stackName, exitCode } = error;
    if (!this.options.json)
      return this.toStderr(this.fit(`error: ${engineText(message)}\n${hint === undefined ? "" : `  ${hint}\n`}`));
    const envelope = {
      schema: "sophia-secrets/error",
      version: 1,
      error: {
        code,
        severity: "error",
        message,
        exitCode,
        ...(service === undefined ? {} : { service }),
        ...(stackName === undefined ? {} : { stack: stackName }),
        suggestions: hint === undefined ? [] : [hint],
      },
    };
    this.toStderr(`${JSON.stringify(this.options.redactor.redactDeep(envelope))}\n`);
  }

  /** On a terminal, in lines that it has room for; elsewhere a program may read them, and lines stay whole. */
  private fit(text: string): string {
    const { isTTY = false, columns } = this.options.stderr as Partial<NodeJS.WriteStream>;
    // A terminal that does not know its width says 0.
    return isTTY && columns ? wrapped(text, columns) : text;
  }
}

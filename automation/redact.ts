/** Which strings must never be shown? A registry of every live secret value and the one function that takes them out of text. */
import { type Writable } from "node:stream";

/** Shorter values are no secrets that could be told from ordinary words; the probes refuse them as credentials anyway. */
const SHORTEST = 6;
const MASK = "[secret]";

/** Knows the values of a run. One instance stands at standard output, standard error, errors and reports. */
export class Redactor {
  /** Every form of every value. */
  private readonly forms = new Set<string>();
  /** How long the forms with these first characters are, the longest first: thousands of values may begin alike (`postgres://…`). */
  private readonly lengths = new Map<string, number[]>();

  /** Registers a value in every form in which it could surface: raw, base64, URL, JSON, hex, and each long line of a multi-line one. */
  add(value: string | undefined): void {
    if (value === undefined || value.length < SHORTEST) return;
    const lines = value.split(/\r?\n/).filter((line) => line.trim().length >= 16 && !line.startsWith("-----"));
    for (const text of new Set([value, ...lines])) {
      for (const form of formsOf(text)) this.addForm(form);
    }
  }

  /** Registers what stands behind the host of an address, which opens something to whoever has it: a request may be told by host and path. */
  addPathOf(address: string | undefined): void {
    if (address === undefined || !URL.canParse(address)) return;
    const { pathname, search } = new URL(address);
    this.addAll([pathname, `${pathname}${search}`]);
  }

  /** Registers several values. */
  addAll(values: Iterable<string | undefined>): void {
    for (const value of values) this.add(value);
  }

  /** The text without any registered value. Takes time by the length of the text, not by the number of values. */
  redact(text: string): string {
    let clean = "";
    let kept = 0;
    for (let at = 0; at + SHORTEST <= text.length;) {
      const found = this.lengths
        .get(text.slice(at, at + SHORTEST))
        ?.find((length) => this.forms.has(text.slice(at, at + length)));
      if (found === undefined) {
        at += 1;
        continue;
      }
      clean += text.slice(kept, at) + MASK;
      at += found;
      kept = at;
    }
    return clean + text.slice(kept);
  }

  /** Any JSON-like value with every string in it redacted, keys included. */
  redactDeep<T>(value: T): T {
    if (typeof value === "string") return this.redact(value) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.redactDeep(item)) as T;
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value).map(([key, item]) => [this.redact(key), this.redactDeep(item as unknown)]);
    return Object.fromEntries(entries) as T;
  }

  /** A writer of whole texts to a stream that never lets a registered value through. */
  writer(stream: Pick<Writable, "write">): (text: string) => void {
    return (text) => void stream.write(this.redact(text));
  }

  private addForm(form: string): void {
    if (form.length < SHORTEST || this.forms.has(form)) return;
    this.forms.add(form);
    const head = form.slice(0, SHORTEST);
    const known = this.lengths.get(head) ?? [];
    if (known.includes(form.length)) return;
    this.lengths.set(
      head,
      [...known, form.length].sort((left, right) => right - left),
    );
  }
}

function formsOf(text: string): string[] {
  const bytes = Buffer.from(text, "utf8");
  const json = JSON.stringify(text).slice(1, -1);
  return [
    text,
    json,
    goJson(json),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    ...base64Cores(bytes),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    encodeURIComponent(bytes.toString("utf8")),
    new URLSearchParams({ "": bytes.toString("utf8") }).toString().slice(1),
  ];
}

/** What base64 of a longer text, such as `user:password`, shows of these bytes at each of the three places in a group where they can begin. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64url");
    // The characters at both ends carry bits of the neighbours as well.
    const core = padded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return [core, core.replaceAll("-", "+").replaceAll("_", "/")];
  });
}

/** The Pulumi CLI is written in Go, whose JSON escapes these characters too: https://pkg.go.dev/encoding/json#Marshal */
function goJson(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

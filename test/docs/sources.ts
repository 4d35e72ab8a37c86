/** What does the code say that the documentation may quote? Error codes, settings, variables of the environment, and the texts of messages. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSettings } from "../../automation/settings";
import { CHECKOUT } from "../support/sandbox";

const FOLDERS = ["automation", "components", "sandbox", "services", "tools"];

/** The text of every source file that can print something. */
export function readSources(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ).filter((name) => /\.(ts|mjs)$/.test(name));
  return [...files, "index.ts", "bin/sophia-secrets.js"].map((name) => readFileSync(join(CHECKOUT, name), "utf8"));
}

/** `area.word` of every error; those of a sync are put together from a table's words. */
export function errorCodes(sources: readonly string[]): Set<string> {
  const text = sources.join("\n");
  const whole = [...text.matchAll(/["'`]([a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*)["'`]/g)].map(([, code = ""]) => code);
  const words = [...text.matchAll(/\bword: "([a-z_]+)"/g)].map(([, word = ""]) => `sync.${word}`);
  return new Set([...whole, ...words]);
}

/** The keys of the stack's configuration that the settings read. */
export function settingKeys(): Set<string> {
  const keys = new Set<string>();
  const read = (key: string) => {
    keys.add(key);
    return undefined;
  };
  try {
    parseSettings("any", read, {});
  } catch {
    // Nothing is set, so all of it is missing; what was asked for is known by now.
  }
  return keys;
}

/** A text of the code, by its fixed parts: what is filled in stands between them. */
export type Wording = readonly string[];

/** Every text of the code that is a sentence or a piece of one; the catalogue's have holes of their own, such as `{label}`. */
export function readWordings(sources: readonly string[]): Wording[] {
  const hole = String.raw`\$\{(?:[^{}\x60]|\{[^{}]*\}|\x60[^\x60]*\x60)*\}`;
  const literal = new RegExp(String.raw`\x60((?:[^\x60\\$]|\\.|${hole}|\$)*)\x60|"((?:[^"\\\n]|\\.)*)"`, "g");
  return sources
    .flatMap((source) => [...source.matchAll(literal)])
    .map(([, template, string = ""]) =>
      (template ?? string)
        .trim()
        .split(new RegExp(`${hole}|\\{[a-z]+\\}`))
        .map(unescapeText),
    )
    .filter((parts) => /[a-z] +[a-z]/i.test(parts.join(" ")));
}

/** Whether the sentence of a page, in which `…` stands for anything, holds a whole text of the code or is a piece of one. */
export function isSaid(sentence: string, wordings: readonly Wording[]): boolean {
  const pieces = sentence.split("…").map((piece) => piece.trim());
  return wordings.some((parts) => {
    if (parts.join("").trim().length < 10) return false;
    const whole = new RegExp(parts.map(escapeRegExp).join("[^]+?").trim());
    const text = parts.join("…");
    return whole.test(sentence) || pieces.every((piece) => text.includes(piece));
  });
}

function unescapeText(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

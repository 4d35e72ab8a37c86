/** What does a page of ours say? Blocks of code, headings, links and words in code, each with its line. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { CHECKOUT } from "../support/sandbox";

/** A fenced block. `info` is what stands behind the language: `exit=1`, `not-run reason="…"`. */
export interface Block {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly info: string;
  readonly text: string;
}

/** A note to the specs that a reader does not see: `<!-- sandbox: fresh -->`. */
export interface Directive {
  readonly line: number;
  readonly word: string;
}

/** One Markdown file. Its path is relative to the checkout. */
export interface Page {
  readonly path: string;
  /** The text with the fenced blocks blanked out, so that lines keep their numbers. */
  readonly prose: string;
  readonly blocks: readonly Block[];
  readonly directives: readonly Directive[];
}

/** README.md and everything below docs/. */
export function readPages(): Page[] {
  const below = readdirSync(join(CHECKOUT, "docs"), { recursive: true, encoding: "utf8" });
  const docs = below.filter((name) => name.endsWith(".md")).map((name) => join("docs", name));
  return ["README.md", ...docs.sort()].map((path) => parsePage(path, readFileSync(join(CHECKOUT, path), "utf8")));
}

/** Throws where a fence is never closed. */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const directives: Directive[] = [];
  const prose: string[] = [];
  let open: { fence: string; line: number; language: string; info: string; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, fence, language = "", info = ""] = /^\s*(`{3,}|~{3,})(\S*)\s*(.*)$/.exec(line) ?? [];
    if (open && fence === open.fence && language === "") {
      const { line: at, lines, fence: _fence, ...rest } = open;
      blocks.push({ ...rest, page: path.split(sep).join("/"), line: at, text: lines.join("\n") });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (fence !== undefined) open = { fence, line: index + 1, language, info: info.trim(), lines: [] };
    const [, word] = (open ? undefined : /^<!-- sandbox: (\w+) -->$/.exec(line)) ?? [];
    if (word !== undefined) directives.push({ line: index + 1, word });
    prose.push(open || fence !== undefined ? "" : line);
  }
  if (open) throw new Error(`${path}:${open.line}: the block is never closed`);
  return { path: path.split(sep).join("/"), prose: prose.join("\n"), blocks, directives };
}

/** The headings' anchors as GitHub makes them: lower case, blanks to dashes, other marks gone, repeated ones numbered. */
export function anchorsOf({ prose }: Page): string[] {
  const seen = new Map<string, number>();
  return prose.split("\n").flatMap((line) => {
    const [, title] = /^#{1,6}\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (title === undefined) return [];
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return [count === 0 ? slug : `${slug}-${count}`];
  });
}

/** The targets of the links, pictures included. */
export function linksOf({ prose }: Page): string[] {
  return [...prose.matchAll(/\]\(<?([^)\s>]+)>?\)/g)].map(([, target = ""]) => target);
}

/** The words in single or double backticks, outside the blocks. A `|` in a table is written `\|` there. */
export function codeOf({ prose }: Page): string[] {
  return [...prose.matchAll(/(`+)(.+?)\1(?!`)/g)].map(([, , text = ""]) => text.trim().replaceAll("\\|", "|"));
}

/** A page's neighbour that a link names; `undefined` for an address of the web. */
export function targetOf({ path }: Page, link: string): { readonly file: string; readonly anchor: string } | undefined {
  if (/^[a-z]+:/i.test(link)) return undefined;
  const [file = "", anchor = ""] = link.split("#");
  const absolute = file === "" ? join(CHECKOUT, path) : join(CHECKOUT, path, "..", file);
  return { file: relative(CHECKOUT, absolute).split(sep).join("/"), anchor };
}

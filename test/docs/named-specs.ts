/** Which specs does a page name, by file and title, and are they there? */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../support/sandbox";

/** A file and the titles in italics behind it. */
export function namedSpecs(text: string): { readonly file: string; readonly titles: readonly string[] }[] {
  return [...text.matchAll(/`(test\/[\w/.-]+\.spec\.ts)`:((?: \*[^*]+\*)+)/g)].map(([, file = "", titles = ""]) => ({
    file,
    titles: [...titles.matchAll(/\*([^*]+)\*/g)].map(([, title = ""]) => title),
  }));
}

/** Whether the source gives a test or a group of tests this very title, or a row of its table. */
export function hasTitle(source: string, title: string): boolean {
  const written = [title, JSON.stringify(title).slice(1, -1)];
  return written.some((text) =>
    ['"', "'", "`"].some(
      (quote) => source.includes(`(${quote}${text}${quote},`) || source.includes(`${quote}${text}${quote}: {`),
    ),
  );
}

const withoutBreaks = (source: string) => source.replace(/\(\s*\n\s*/g, "(");

/** Files and titles that a page names and that there are not. */
export function lostSpecs(page: string): string[] {
  return namedSpecs(page).flatMap(({ file, titles }) => {
    const path = join(CHECKOUT, file);
    if (!existsSync(path)) return [file];
    const source = withoutBreaks(readFileSync(path, "utf8"));
    return titles.filter((title) => !hasTitle(source, title)).map((title) => `${file}: ${title}`);
  });
}

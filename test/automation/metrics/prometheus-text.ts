/** What does Prometheus' text format allow? A strict reader of https://prometheus.io/docs/instrumenting/exposition_formats/, for specs. */

/** One family as the text gives it. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Reads the text. A line ends at a line feed only: U+2028 and its like are text. Throws at the first thing that the format, or Prometheus' own lint, does not allow. */
export function parsePrometheus(text: string): Family[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line must end with a line feed");
  const families: { name: string; help: string; type: string; samples: Family["samples"][number][] }[] = [];
  const seen = new Set<string>();
  for (const line of text.split("\n").slice(0, -1)) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.some((one) => one.name === name)) throw new Error(`second HELP for ${name}`);
      if (!NAME.test(name)) throw new Error(`not a name: ${name}`);
      families.push({ name, help: unescapeText(rest, /\\(.)/g, { n: "\n", "\\": "\\" }), type: "", samples: [] });
      continue;
    }
    const family = families.at(-1);
    if (!family) throw new Error(`before any family: ${line}`);
    if (keyword === "TYPE") {
      if (name !== family.name || family.type !== "" || family.samples.length > 0) throw new Error(`stray ${line}`);
      if (!["counter", "gauge"].includes(rest)) throw new Error(`unknown type ${rest}`);
      if ((rest === "counter") !== name.endsWith("_total")) throw new Error(`${name} and ${rest} do not fit`);
      family.type = rest;
      continue;
    }
    const sample = parseSample(line);
    if (sample.name !== family.name || family.type === "") throw new Error(`a sample outside its family: ${line}`);
    const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(series)) throw new Error(`twice: ${series}`);
    seen.add(series);
    family.samples.push({ labels: sample.labels, value: sample.value });
  }
  return families;
}

function parseSample(line: string) {
  const [, name = "", body, number = ""] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
  if (name === "") throw new Error(`not a sample: ${line}`);
  const value = Number(number);
  if (number === "" || Number.isNaN(value)) throw new Error(`not a number: ${line}`);
  const labels: Record<string, string> = {};
  let rest = body ?? "";
  while (rest !== "") {
    const [pair = "", label = "", text = ""] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"/.exec(rest) ?? [];
    if (pair === "" || label.startsWith("__") || label in labels) throw new Error(`not a label: ${rest}`);
    labels[label] = unescapeText(text, /\\(.)/g, { n: "\n", "\\": "\\", '"': '"' });
    rest = rest.slice(pair.length);
    if (rest !== "" && !rest.startsWith(",")) throw new Error(`not a comma: ${rest}`);
    rest = rest.slice(1);
  }
  return { name, labels, value };
}

function unescapeText(text: string, escape: RegExp, known: Readonly<Record<string, string>>): string {
  return text.replace(escape, (all, character: string) => {
    const found = known[character];
    if (found === undefined) throw new Error(`not an escape: ${all}`);
    return found;
  });
}

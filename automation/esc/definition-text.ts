/**
 * How is a definition changed so that everything else in it stays byte for byte? By cutting and inserting text at the places that the parser names.
 *
 * Comments, quotes, spacing and line ends of a definition belong to whoever wrote them; printing the parsed document again would change them.
 * What has no simple place (anchors, tags, explicit keys, several documents) gets no text from here: the caller prints the document then.
 */
import { isDeepStrictEqual } from "node:util";
import { Document, isMap, isScalar, type Node, Pair, parseDocument, Scalar, visit, YAMLMap } from "yaml";

/** One change: the node to be at the path, or undefined for none. */
export interface TextEdit {
  readonly path: readonly string[];
  readonly node: Node | undefined;
}

/** The text with the edits made, or undefined when they have no simple place in it. `definition` is the parsed text, a mapping. */
export function spliceEdits(yaml: string, definition: Document, edits: readonly TextEdit[]): string | undefined {
  try {
    const splices = new Splices(yaml);
    const root = definition.contents;
    const tree = growTree(edits);
    if (isMap(root) && root.items.length > 0) splices.editMap(root, tree);
    else if (root === null || yaml.trim() === "{}") splices.appendTo(tree);
    else return undefined;
    const text = splices.apply();
    return isAsExpected(text, definition, edits) ? text : undefined;
  } catch (error) {
    if (error instanceof NoSimplePlace) return undefined;
    throw error;
  }
}

/**
 * Parses a definition. `malformed` is set where it is no YAML, or gives a key twice: the parser's own look at that takes time by the square
 * of the number of keys.
 */
export function parseDefinition(yaml: string): { readonly definition: Document; readonly malformed: boolean } {
  const definition: Document = parseDocument(yaml, { uniqueKeys: false });
  let malformed = definition.errors.length > 0;
  visit(definition, {
    Map: (_, { items }) => {
      const keys = items.map(({ key }) => (isScalar(key) ? key.value : key));
      if (new Set(keys).size < keys.length) malformed = true;
    },
  });
  return { definition, malformed };
}

class NoSimplePlace extends Error {}

/** Edits below one mapping: a node to put there, nothing (the key goes), or edits further down. */
class Tree extends Map<string, Node | undefined | Tree> {
  /** `isCleared`: an edit before these has taken the mapping away, so nothing that was in it stays. */
  constructor(readonly isCleared = false) {
    super();
  }
}

function growTree(edits: readonly TextEdit[]): Tree {
  const root = new Tree();
  for (const { path, node } of edits) {
    let tree = root;
    for (const key of path.slice(0, -1)) {
      const next = tree.get(key) ?? new Tree(tree.has(key));
      if (!(next instanceof Tree)) throw new NoSimplePlace();
      tree.set(key, next);
      tree = next;
    }
    const last = path.at(-1) ?? "";
    if (tree.get(last) instanceof Tree) throw new NoSimplePlace();
    tree.set(last, node);
  }
  return root;
}

/** The mapping that a tree stands for where nothing is there yet; undefined when it only takes away. */
function toMap(tree: Tree): YAMLMap | undefined {
  const map = new YAMLMap();
  for (const [key, branch] of tree) {
    const value = branch instanceof Tree ? toMap(branch) : branch;
    // Not `set`, which looks through all items for the key.
    if (value) map.items.push(new Pair(new Scalar(key), value));
  }
  return map.items.length > 0 ? map : undefined;
}

class Splices {
  private readonly splices: { readonly from: number; readonly to: number; readonly text: string }[] = [];

  constructor(private readonly yaml: string) {}

  apply(): string {
    let text = "";
    let at = 0;
    for (const splice of this.splices.sort((left, right) => left.from - right.from || left.to - right.to)) {
      text += this.yaml.slice(at, splice.from) + splice.text;
      at = splice.to;
    }
    return text + this.yaml.slice(at);
  }

  /** For a definition without content, comments aside. */
  appendTo(tree: Tree): void {
    const map = toMap(tree);
    if (!map) return;
    const empty = this.yaml.indexOf("{}");
    if (empty >= 0 && this.yaml.trim() === "{}") this.splices.push({ from: empty, to: empty + 2, text: "" });
    this.insertLines(this.yaml.length, render(map, 0));
  }

  editMap(map: YAMLMap, tree: Tree): void {
    const present = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : undefined, pair]));
    const added = new Tree();
    let removed = 0;
    for (const [key, branch] of tree) {
      const pair = present.get(key);
      if (!pair) added.set(key, branch);
      else if (branch instanceof Tree && !branch.isCleared && isMap(pair.value) && pair.value.items.length > 0)
        this.editMap(pair.value, branch);
      else {
        const node = branch instanceof Tree ? toMap(branch) : branch;
        // Edits that only take away leave an empty value as it is.
        const isGone = branch === undefined || (branch instanceof Tree && branch.isCleared);
        if (node) this.replace(map, pair, node);
        else if (isGone) removed += this.remove(map, pair);
      }
    }
    const news = toMap(added);
    if (removed > 0 && removed === map.items.length) throw new NoSimplePlace();
    if (news && map.flow) this.insertInFlow(map, news);
    else if (news) this.insertLines(contentEnd(map), render(news, this.columnOf(map)));
  }

  private replace(map: YAMLMap, pair: Pair, node: Node): void {
    if (isEmpty(pair.value)) return this.fill(map, pair, node);
    const [keyStart, keyEnd] = rangeOf(pair.key);
    const [valueStart] = rangeOf(pair.value);
    const gap = this.yaml.slice(keyEnd, valueStart);
    // Something stands between: a comment of the key, or a tag or anchor of the value.
    if (gap.trim() !== ":" && !/^\s*:[^\S\n]*#[^\n]*\n\s*$/.test(gap)) throw new NoSimplePlace();
    if (map.flow || gap.includes("#")) {
      this.splices.push({ from: valueStart, to: contentEnd(pair.value), text: renderFlow(node) });
      return;
    }
    const one = new YAMLMap();
    one.items.push(new Pair(new Scalar(isScalar(pair.key) ? pair.key.value : undefined), node));
    const column = this.columnOf(map);
    this.splices.push({ from: keyStart, to: contentEnd(pair.value), text: render(one, column).trim() });
  }

  /** Below or behind a key that has no value yet, whatever comment stands there. */
  private fill(map: YAMLMap, pair: Pair, node: Node): void {
    if (map.flow) throw new NoSimplePlace();
    const column = this.columnOf(map);
    const colon = this.yaml.indexOf(":", rangeOf(pair.key)[1]) + 1;
    if (isMap(node)) this.insertLines(this.endOfLine(colon), render(node, column + 2));
    else this.splices.push({ from: colon, to: colon, text: ` ${renderFlow(node)}` });
  }

  private remove(map: YAMLMap, pair: Pair): number {
    if (map.flow) throw new NoSimplePlace();
    const [keyStart] = rangeOf(pair.key);
    this.columnOf(map);
    const from = this.yaml.lastIndexOf("\n", keyStart) + 1;
    this.splices.push({ from, to: this.endOfLine(contentEnd(pair.value)), text: "" });
    return 1;
  }

  private insertLines(position: number, lines: string): void {
    const at = position === 0 || this.yaml[position - 1] === "\n" ? position : this.endOfLine(position);
    const isOpen = at > 0 && this.yaml[at - 1] !== "\n";
    this.splices.push({ from: at, to: at, text: isOpen ? `\n${lines.trimEnd()}` : lines });
  }

  private insertInFlow(map: YAMLMap, news: YAMLMap): void {
    const at = contentEnd(map.items.at(-1)?.value);
    this.splices.push({ from: at, to: at, text: `, ${renderFlow(news).replace(/^\{\s*|\s*\}$/g, "")}` });
  }

  private endOfLine(position: number): number {
    const end = this.yaml.indexOf("\n", position);
    return end < 0 ? this.yaml.length : end + 1;
  }

  /** The column of the mapping's keys, each of which begins a line. */
  private columnOf(map: YAMLMap): number {
    const [start] = rangeOf(map.items[0]?.key);
    const column = start - (this.yaml.lastIndexOf("\n", start - 1) + 1);
    if (start === undefined || this.yaml.slice(start - column, start).trim() !== "") throw new NoSimplePlace();
    return column;
  }
}

function rangeOf(node: unknown): readonly [start: number, valueEnd: number] {
  const { range, anchor, tag } = (node ?? {}) as { range?: [number, number, number]; anchor?: string; tag?: string };
  if (!range || anchor !== undefined || tag !== undefined) throw new NoSimplePlace();
  return [range[0], range[1]];
}

/** Nothing behind the colon: the parser puts the place of such a value behind the comments. */
function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.source === "";
}

/** Where the last thing of a value ends, without the comments and empty lines below it. */
function contentEnd(node: unknown): number {
  const last = isMap(node) && !node.flow ? node.items.at(-1) : undefined;
  // Its own line is what counts: the one of the key.
  if (last) return isEmpty(last.value) ? rangeOf(last.key)[1] : contentEnd(last.value);
  return rangeOf(node)[1];
}

function render(map: YAMLMap, column: number): string {
  const document = new Document();
  document.contents = map;
  const pad = " ".repeat(column);
  return document.toString({ lineWidth: 0 }).replace(/^(?=.)/gm, pad);
}

function renderFlow(node: Node): string {
  const document = new Document();
  const map = new YAMLMap();
  map.flow = true;
  map.items.push(new Pair(new Scalar("x"), node));
  document.contents = map;
  const text = document.toString({ lineWidth: 0 }).trim();
  const inner = /^\{ x: (.*) \}$/.exec(text)?.[1];
  if (inner === undefined) throw new NoSimplePlace();
  return inner;
}

/** A definition is what a whole platform reads: what was spliced is read again and compared with what it has to say. */
function isAsExpected(text: string, before: Document, edits: readonly TextEdit[]): boolean {
  const { definition: after, malformed } = parseDefinition(text);
  if (malformed) return false;
  const expected = (before.toJS() ?? {}) as Record<string, unknown>;
  for (const { path, node } of edits) putIn(expected, path, node);
  return isDeepStrictEqual(after.toJS() ?? {}, expected);
}

function putIn(root: Record<string, unknown>, path: readonly string[], node: Node | undefined): void {
  let inner = root;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(inner, key) ? inner[key] : undefined;
    if (next === undefined && node === undefined) return;
    inner[key] = next !== null && typeof next === "object" ? next : {};
    inner = inner[key] as Record<string, unknown>;
  }
  const last = path.at(-1) ?? "";
  if (node) inner[last] = node.toJS(new Document());
  else delete inner[last];
}

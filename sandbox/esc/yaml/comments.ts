/**
 * Which comment belongs to which entry? A comment line heads the entry below it, unless a blank line or a step to the left cuts it off:
 * then it is the foot of the entry above. Where yaml.v3 drops a comment (inside flow collections, apart at either end of the text), so do we.
 */
import { Lexer } from "yaml";
import { type Comments } from "./syntax";

/** A block entry of the document, in the order of the text. Lines and columns count from 1. */
export interface CommentOwner {
  readonly line: number;
  readonly column: number;
  readonly comments: Comments;
  /** The entry around this one. */
  readonly parent: CommentOwner | undefined;
  /** A mapping entry whose value starts on a later line. */
  readonly opensBlock: boolean;
}

interface Line {
  content: boolean;
  /** Column of the first character that is not a blank. */
  column: number;
  comment?: { readonly column: number; readonly text: string };
}

/** Gives every comment of `text` to one of `owners`; `isInFlow` says whether an offset lies inside a flow collection. */
export function attachComments(
  text: string,
  owners: readonly CommentOwner[],
  isInFlow: (offset: number) => boolean,
): void {
  if (!text.includes("#")) return;
  const lines = readLines(text, isInFlow);
  let previous = 0;
  for (let number = 1; number <= lines.length; number += 1) {
    const line = lines[number - 1];
    if (!line?.content) continue;
    attachGap(lines, previous, number, owners);
    const owner = lastOwner(owners, number);
    if (line.comment && owner) owner.comments.line = line.comment.text;
    previous = number;
  }
  attachGap(lines, previous, lines.length + 1, owners);
}

function readLines(text: string, isInFlow: (offset: number) => boolean): Line[] {
  const lines: Line[] = text.split("\n").map((line) => ({ content: false, column: line.search(/[^ ]|$/) + 1 }));
  let offset = 0;
  let row = 0;
  let lineStart = 0;
  for (const token of new Lexer().lex(text)) {
    if (/^[\u0002\u0018\u001f]$/.test(token)) continue;
    const line = lines[row];
    if (token.startsWith("#") && line) {
      if (!isInFlow(offset)) line.comment = { column: offset - lineStart + 1, text: token.trimEnd() };
    } else if (token.trim() !== "") {
      const last = row + token.trimEnd().split("\n").length - 1;
      for (const covered of lines.slice(row, last + 1)) covered.content = true;
    }
    offset += token.length;
    row += token.split("\n").length - 1;
    if (token.includes("\n")) lineStart = offset - (token.length - token.lastIndexOf("\n") - 1);
  }
  return lines;
}

/** Deals with the comment lines between two content lines; `next` lies behind the last line at the end of the text. */
function attachGap(lines: readonly Line[], previous: number, next: number, owners: readonly CommentOwner[]): void {
  const above = lastOwner(owners, previous);
  const indent = above ? above.column - 1 : 0;
  let block = { text: "", line: 0, column: 0 };
  const nextColumn = lines[next - 1]?.column ?? 1;
  let firstBlank = true;
  let recentBlank = false;
  const flushFoot = (column: number): void => {
    addFoot(above, column, block.text);
    block = { text: "", line: 0, column: 0 };
  };
  const isStepLeft = (column: number): boolean => block.text !== "" && column - 1 < indent && column !== block.column;

  for (let number = previous + 1; number < next; number += 1) {
    const comment = lines[number - 1]?.comment;
    if (comment) {
      if (isStepLeft(comment.column)) flushFoot(Infinity);
      if (block.text === "") block = { text: comment.text, line: number, column: comment.column };
      else block.text += `\n${comment.text}`;
      recentBlank = false;
      continue;
    }
    if (!recentBlank && block.text !== "") {
      const touches = block.line === previous + 1 && previous > 0 && !above?.opensBlock;
      if (firstBlank && (touches || block.column - 1 < indent)) flushFoot(Math.max(block.column, nextColumn));
      else block.text += "\n";
    }
    firstBlank = false;
    recentBlank = true;
  }
  if (block.text === "") return;
  if (next > lines.length) {
    if (firstBlank && block.line === previous + 1 && previous > 0) flushFoot(block.column);
    return;
  }
  if (isStepLeft(nextColumn)) flushFoot(Infinity);
  else addHead(owners, next, previous === 0 ? withoutDocumentHead(block.text) : block.text);
}

/** yaml.v3 gives what stands above the last blank line at the top to the document, and ESC does not keep that. */
function withoutDocumentHead(text: string): string {
  if (text.endsWith("\n")) return "";
  return text.slice(text.lastIndexOf("\n\n") + 1).replace(/^\n/, "");
}

function addHead(owners: readonly CommentOwner[], line: number, text: string): void {
  const owner = owners.find((candidate) => candidate.line === line);
  if (owner) owner.comments.head = text;
}

/** The foot goes to the entry above, or to the one around it that does not start right of `column`. */
function addFoot(above: CommentOwner | undefined, column: number, text: string): void {
  let owner = above;
  while (owner?.parent && owner.column > column) owner = owner.parent;
  if (owner) owner.comments.foot = [owner.comments.foot, text].filter(Boolean).join("\n");
}

function lastOwner(owners: readonly CommentOwner[], line: number): CommentOwner | undefined {
  let low = 0;
  let high = owners.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((owners[middle]?.line ?? 0) <= line) low = middle + 1;
    else high = middle;
  }
  return owners[low - 1];
}

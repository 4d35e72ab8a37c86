// Has a source changed since dist/ was made? Asked at every start of the command line, so it costs a look at each file and nothing else.
"use strict";
const { readFileSync, statSync } = require("node:fs");
const path = require("node:path");

/** The file in dist/ that says what it was made of. */
const STAMP = path.join("dist", ".stamp.json");

/**
 * @typedef {object} Stamp
 * @property {Record<string, string>} marks Path relative to the checkout → {@link markOf}: every source, every folder of sources, every setting.
 * @property {string} contents Hash of what the sources and settings hold.
 */

/** @param {string} root @returns {Stamp | undefined} */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(path.join(root, STAMP), "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * What changes when a file is written to, and when a file is added to a folder or removed from it; empty where there is none.
 * @param {string} file
 */
function markOf(file) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return "";
  return found.isDirectory() ? String(found.mtimeMs) : `${found.size} ${found.mtimeMs}`;
}

/** Is everything as it was when dist/ was made? A "no" may be a file that was only touched. @param {string} root */
function isUntouched(root) {
  const marks = readStamp(root)?.marks;
  return marks !== undefined && Object.entries(marks).every(([file, mark]) => markOf(path.join(root, file)) === mark);
}

module.exports = { STAMP, readStamp, markOf, isUntouched };

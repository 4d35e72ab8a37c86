/** Does the ESC stand-in evaluate as ESC does? Holds it to 103 recordings of github.com/pulumi/esc v0.26.0. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateEnvironment, hasErrors, type Evaluated } from "../../sandbox/esc/evaluation/evaluate";
import {
  describeDiagnostics,
  exportTexts,
  pathsWhere,
  plain,
  type ExportedText,
} from "../../sandbox/esc/evaluation/results";
import { dataOf } from "../../sandbox/esc/evaluation/values";
import { encodeJson } from "../../sandbox/esc/go-text";
import { decryptText, encryptText, openCiphertext, type Cipher, type Rewritten } from "../../sandbox/esc/secrets";
import { type Diagnostic } from "../../sandbox/esc/yaml/syntax";

interface RecordedDiagnostic {
  severity: string;
  summary: string;
  env?: string;
  pos?: string;
}

interface RecordedCase {
  name: string;
  environments: Record<string, string>;
  open: string;
  value: unknown;
  valueText: string;
  environmentVariables: Record<string, ExportedText> | null;
  files?: Record<string, ExportedText>;
  secrets?: string[];
  unknowns?: string[];
  diagnostics: RecordedDiagnostic[];
  errors: boolean;
  stored?: string;
  storedError?: string;
  storedValueText?: string;
  decrypted?: string;
  fixpoint: boolean;
  checkValue: unknown;
}

const CASES = JSON.parse(
  readFileSync(join(__dirname, "..", "data", "esc-evaluation.json"), "utf8"),
) as readonly RecordedCase[];

/** The recordings were made with this cipher: a fixed nonce in front of the plaintext. */
const RECORDED_NONCE = "0123456789abcdef";
const recordedCipher: Cipher = {
  encrypt: (plaintext) => Buffer.from(RECORDED_NONCE + plaintext),
  decrypt: (ciphertext) => ciphertext.subarray(RECORDED_NONCE.length).toString("utf8"),
};

/** Cases that do not come out as recorded, with the reason. A case that is listed and passes fails the spec too. */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {};

describe("evaluation of ESC environments", () => {
  it("has all recorded cases at hand", () => assert.equal(CASES.length, 103));

  for (const recorded of CASES) {
    const reason = KNOWN_DIFFERENCES[recorded.name];
    it(`${recorded.name}${reason === undefined ? " comes out as recorded" : ` still differs: ${reason}`}`, () => {
      if (reason === undefined) assert.deepEqual(replay(recorded), expected(recorded));
      else assert.notDeepEqual(replay(recorded), expected(recorded));
    });
  }
});

function expected(recorded: RecordedCase): Record<string, unknown> {
  return {
    value: recorded.value,
    valueText: recorded.valueText,
    environmentVariables: recorded.environmentVariables,
    files: recorded.files ?? null,
    secrets: recorded.secrets ?? [],
    unknowns: recorded.unknowns ?? [],
    diagnostics: recorded.diagnostics,
    errors: recorded.errors,
    stored: recorded.stored ?? recorded.storedError,
    storedValueText: recorded.storedValueText ?? (recorded.stored === undefined ? null : "as valueText"),
    decrypted: recorded.decrypted ?? null,
    fixpoint: recorded.fixpoint,
    checkValue: recorded.checkValue,
  };
}

function replay(recorded: RecordedCase): Record<string, unknown> {
  const source = recorded.environments[recorded.open] ?? "";
  const opened = evaluate(recorded, source);
  const value = opened.value;
  const stored = encryptText(recorded.open, source, recordedCipher);
  const storedText = "text" in stored ? stored.text : undefined;
  const again = storedText === undefined ? undefined : encryptText(recorded.open, storedText, recordedCipher);
  const checked = storedText === undefined ? undefined : evaluate(recorded, storedText, false).value;
  return {
    value: value ? plain(dataOf(value, false)) : null,
    valueText: valueText(opened),
    environmentVariables: (value && exportTexts(value, "environmentVariables")) ?? null,
    files: (value && exportTexts(value, "files")) ?? null,
    secrets: value ? pathsWhere(value, (part) => part.secret) : [],
    unknowns: value ? pathsWhere(value, (part) => part.unknown) : [],
    diagnostics: opened.diagnostics.map(asRecorded),
    errors: hasErrors(opened.diagnostics),
    stored: textOrError(stored),
    storedValueText: storedText === undefined ? null : storedValueText(recorded, storedText),
    decrypted: storedText === undefined ? null : textOrError(decryptText(recorded.open, storedText, recordedCipher)),
    fixpoint: again !== undefined && "text" in again && again.text === storedText,
    checkValue: checked ? plain(dataOf(checked, true)) : null,
  };
}

/** The recordings say what the stored form evaluates to only where that differs from the source. */
function storedValueText(recorded: RecordedCase, stored: string): string {
  const text = valueText(evaluate(recorded, stored));
  return recorded.storedValueText === undefined && text === recorded.valueText ? "as valueText" : text;
}

function evaluate(recorded: RecordedCase, text: string, decrypt = true): Evaluated {
  const loaded = (source: string) => ({
    text: source,
    decrypt: (ciphertext: string) => openCiphertext(ciphertext, recordedCipher),
  });
  return evaluateEnvironment(recorded.open, loaded(text), {
    decrypt,
    load: (name) => {
      const source = recorded.environments[name];
      return source === undefined ? undefined : loaded(source);
    },
  });
}

function valueText({ value }: Evaluated): string {
  return value ? encodeJson(dataOf(value, false), false) : "";
}

function textOrError(rewritten: Rewritten): string {
  return "text" in rewritten ? rewritten.text : describeDiagnostics(rewritten.diagnostics);
}

function asRecorded({ severity, summary, range }: Diagnostic): RecordedDiagnostic {
  if (!range) return { severity, summary };
  return { severity, summary, env: range.environment, pos: `${range.begin.line}:${range.begin.column}` };
}

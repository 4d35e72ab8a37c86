/** What does the ESC stand-in remember? Environments with their revisions and tags; texts only in the form in which secrets are ciphertext. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { HttpReply } from "../kit/stand-in";
import { hasErrors } from "./evaluation/evaluate";
import { createCipher, decryptText, encryptText, type Cipher } from "./secrets";
import { type Diagnostic } from "./yaml/syntax";

/** One revision; `text` is canonical YAML with ciphertext. */
export interface Revision {
  readonly number: number;
  readonly created: string;
  readonly creator: string;
  readonly text: string;
  /** Opaque; differs for every revision of every environment. */
  readonly etag: string;
}

/** A name for a revision, such as `stable`. */
export interface RevisionTag {
  readonly name: string;
  readonly revision: number;
  readonly created: string;
  readonly modified: string;
  readonly editor: string;
}

/** A label on an environment. */
export interface EnvironmentTag {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly created: string;
  readonly modified: string;
  readonly editor: string;
}

/** A stored environment; revisions are in order, the last one is `latest`. */
export interface StoredEnvironment {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly created: string;
  readonly cipher: Cipher;
  readonly revisions: Revision[];
  readonly revisionTags: Map<string, RevisionTag>;
  readonly tags: Map<string, EnvironmentTag>;
  deletionProtected: boolean;
}

/** Judges a text as its author wrote it, before its secrets are encrypted. */
export type Check = (environment: StoredEnvironment, text: string) => readonly Diagnostic[];

const NAME = /^[A-Za-z0-9_.-]{1,100}$/;

/** Ends the request with ESC's error body. */
export function fail(code: number, message: string, diagnostics: readonly Diagnostic[] = []): never {
  throw new HttpReply({ status: code, body: { code, message, ...(diagnostics.length > 0 ? { diagnostics } : {}) } });
}

/** The environments of one organization. Methods throw {@link HttpReply} with the status that ESC answers. */
export class EnvironmentStore {
  private readonly environments = new Map<string, StoredEnvironment>();
  private readonly key = randomBytes(32);

  all(): readonly StoredEnvironment[] {
    return [...this.environments.values()];
  }

  find(project: string, name: string): StoredEnvironment | undefined {
    return this.environments.get(`${project}/${name}`);
  }

  require(project: string, name: string): StoredEnvironment {
    return this.find(project, name) ?? fail(404, `Not Found: environment ${project}/${name} not found`);
  }

  /** Makes an empty environment: revision 1. */
  create(project: unknown, name: unknown, creator: string): StoredEnvironment {
    if (!isName(project) || !isName(name)) return fail(400, "Bad Request: invalid project or environment name");
    if (this.find(project, name)) return fail(409, `Conflict: environment ${project}/${name} already exists`);
    const id = randomUUID();
    const environment: StoredEnvironment = {
      id,
      project,
      name,
      created: new Date().toISOString(),
      cipher: createCipher(this.key, id),
      revisions: [],
      revisionTags: new Map(),
      tags: new Map(),
      deletionProtected: false,
    };
    this.environments.set(`${project}/${name}`, environment);
    this.append(environment, "", creator);
    return environment;
  }

  delete(environment: StoredEnvironment): void {
    if (environment.deletionProtected) fail(409, "Conflict: environment is protected against deletion");
    this.environments.delete(`${environment.project}/${environment.name}`);
  }

  /** Stores a text. The same text as before, secrets compared in clear, makes no revision; a text with errors is refused with 400. */
  write(environment: StoredEnvironment, text: string, creator: string, check: Check): Revision {
    const diagnostics = check(environment, text);
    if (hasErrors(diagnostics)) return refuse(diagnostics);
    const stored = encryptText(`${environment.project}/${environment.name}`, text, environment.cipher);
    if ("diagnostics" in stored) return refuse(stored.diagnostics);
    const latest = latestOf(environment);
    const isSame =
      latest.number > 1 && this.plainText(environment, latest.text) === this.plainText(environment, stored.text);
    return isSame ? latest : this.append(environment, stored.text, creator);
  }

  /** The text with its secrets in clear. */
  plainText(environment: StoredEnvironment, stored: string): string {
    if (stored === "") return "";
    const plain = decryptText(`${environment.project}/${environment.name}`, stored, environment.cipher);
    return "text" in plain ? plain.text : stored;
  }

  /** Copies one revision (or all of them) into a new environment, whose ciphertext is its own. */
  clone(source: StoredEnvironment, revisions: readonly Revision[], target: StoredEnvironment, creator: string): void {
    const name = `${target.project}/${target.name}`;
    for (const { text } of revisions.filter((revision) => revision.text !== "")) {
      const stored = encryptText(name, this.plainText(source, text), target.cipher);
      if ("text" in stored) this.append(target, stored.text, creator);
    }
  }

  private append(environment: StoredEnvironment, text: string, creator: string): Revision {
    const number = environment.revisions.length + 1;
    const etag = createHash("sha256").update(`${environment.id} ${number}`).digest("hex").slice(0, 32);
    const revision = { number, created: new Date().toISOString(), creator, text, etag };
    environment.revisions.push(revision);
    return revision;
  }
}

function refuse(diagnostics: readonly Diagnostic[]): never {
  return fail(400, "Bad Request: environment definition has errors", diagnostics);
}

function isName(name: unknown): name is string {
  return typeof name === "string" && NAME.test(name);
}

/** The newest revision. */
export function latestOf(environment: StoredEnvironment): Revision {
  return environment.revisions.at(-1) ?? fail(404, "Not Found: no revisions");
}

/** The revision that a version (`latest`, a number or a tag) names; undefined when there is none. */
export function findRevision(environment: StoredEnvironment, version: string): Revision | undefined {
  if (version === "latest") return latestOf(environment);
  const number = /^[0-9]+$/.test(version) ? Number(version) : environment.revisionTags.get(version)?.revision;
  return environment.revisions.find((revision) => revision.number === number);
}

/** Like {@link findRevision}; 404 when there is none. */
export function requireRevision(environment: StoredEnvironment, version: string): Revision {
  return findRevision(environment, version) ?? fail(404, `Not Found: revision ${version} not found`);
}

/** What can the bench ask of the process in which the stand-ins live? Each question with its answer; everything is data. */
import { type Traffic } from "./traffic";

/** A GitHub of its own with empty repositories. */
export interface GitHubWorld {
  readonly world: number;
  /** REST API, `http://127.0.0.1:PORT/api/v3`. */
  readonly apiUrl: string;
  /** A Unix socket that leads to the same server. */
  readonly socket: string;
  readonly token: string;
  readonly owner: string;
}

/** The whole sandbox. */
export interface SandboxWorld {
  readonly world: number;
  /** What `pulumi` and `sophia-secrets` need in their environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** An ESC of its own, empty. */
export interface EscWorld {
  readonly world: number;
  /** Address and token, as `sophia-secrets` takes them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Secrets of a GitHub, opened: repository → name → value. */
export type RepositorySecrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The questions: arguments and answer of each. */
export interface Questions {
  /** With `limited`, by github.com's secondary limits. */
  openGitHub: [{ readonly repositories: readonly string[]; readonly limited?: boolean }, GitHubWorld];
  openSandbox: [{ readonly folder: string; readonly toolchain: string }, SandboxWorld];
  openEsc: [Record<never, never>, EscWorld];
  close: [{ readonly world: number }, void];
  /** Every call to every stand-in, of all worlds. */
  setLatency: [{ readonly milliseconds: number }, void];
  startCounting: [Record<never, never>, void];
  stopCounting: [Record<never, never>, Traffic];
  githubSecrets: [{ readonly world: number }, RepositorySecrets];
  /** What a consumer of the ESC environment `sophia/NAME` gets. */
  escValues: [{ readonly world: number; readonly environment: string }, Record<string, unknown>];
  escRevisions: [{ readonly world: number; readonly environment: string }, number];
  /** Writes a definition as somebody else would. */
  escEdit: [{ readonly world: number; readonly environment: string; readonly yaml: string }, void];
  /** Puts `to` in the place of what `pattern` finds in a definition, as somebody else would. Throws where that is not there exactly once. */
  escReplace: [
    { readonly world: number; readonly environment: string; readonly pattern: string; readonly to: string },
    void,
  ];
  /** What consumers of ESC read and GitHub or Vercel do not hold, by name; nothing where all agree. */
  disagreements: [{ readonly world: number }, readonly string[]];
}

/** A question on its way. */
export interface Envelope {
  readonly id: number;
  readonly ask: keyof Questions;
  readonly args: never;
}

/** Its answer; `failed` is why there is none. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly failed?: string;
}

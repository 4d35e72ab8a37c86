/** What does a stored environment evaluate to? Finds the imports at their versions and keeps opened environments for those who come to read them. */
import { randomUUID } from "node:crypto";
import {
  evaluateEnvironment,
  hasErrors,
  readEnvironment,
  type Evaluated,
  type LoadedEnvironment,
} from "./evaluation/evaluate";
import { openCiphertext } from "./secrets";
import { fail, findRevision, latestOf, type Check, type EnvironmentStore, type StoredEnvironment } from "./store";
import { type Diagnostic } from "./yaml/syntax";

/** What a text without an environment is called in diagnostics. */
const ANONYMOUS = "<yaml>";

/** Evaluation against the environments of a store. */
export class Openings {
  private readonly sessions = new Map<
    string,
    { readonly owner: string; readonly evaluated: Evaluated; readonly until: number }
  >();

  constructor(private readonly store: EnvironmentStore) {}

  /** Evaluates a text of an environment, stored or about to be, with the environment's secrets. */
  evaluate(environment: StoredEnvironment, text: string, decrypt = true): Evaluated {
    const name = `${environment.project}/${environment.name}`;
    return evaluateEnvironment(name, loaded(environment, text), { decrypt, load: (imported) => this.load(imported) });
  }

  /** Evaluates a text that belongs to no environment: the ciphertext in it stays unknown, that of its imports only without `showSecrets`. */
  evaluateAnonymous(text: string, showSecrets: boolean): Evaluated {
    const options = { decrypt: showSecrets, load: (imported: string) => this.load(imported) };
    return evaluateEnvironment(ANONYMOUS, { text }, options);
  }

  /** What is wrong with a text that is about to be stored. */
  readonly check: Check = (environment, text) => this.evaluate(environment, text).diagnostics;

  /** Keeps an outcome to be read by id. Refuses with 400 when it has errors. `owner` must be named again to read it. */
  keep(owner: string, evaluated: Evaluated, milliseconds: number): { id: string; diagnostics?: readonly Diagnostic[] } {
    const { diagnostics } = evaluated;
    if (hasErrors(diagnostics)) fail(400, "Bad Request: environment has errors", diagnostics);
    const id = randomUUID();
    this.sessions.set(id, { owner, evaluated, until: Date.now() + milliseconds });
    return diagnostics.length > 0 ? { id, diagnostics } : { id };
  }

  /** The outcome that was kept; 404 when it is unknown, of another owner, or too old. */
  read(owner: string, id: string): Evaluated {
    const session = this.sessions.get(id);
    if (!session || session.owner !== owner || session.until < Date.now()) {
      return fail(404, "Not Found: open environment session not found");
    }
    return session.evaluated;
  }

  /** The environments whose newest revision imports this one, with the version that they name. */
  referrers(
    environment: StoredEnvironment,
  ): readonly { readonly referrer: StoredEnvironment; readonly version: string }[] {
    return this.store.all().flatMap((referrer) => {
      const { environment: declared } = readEnvironment("", latestOf(referrer).text);
      return (declared?.imports ?? []).flatMap(({ name }) => {
        const { project, environmentName, version } = parseReference(name);
        const isSame = project === environment.project && environmentName === environment.name;
        return isSame ? [{ referrer, version: version ?? "latest" }] : [];
      });
    });
  }

  private load(imported: string): LoadedEnvironment | undefined {
    const { project, environmentName, version } = parseReference(imported);
    const environment = this.store.find(project, environmentName);
    const revision = environment && findRevision(environment, version ?? "latest");
    return environment && revision && loaded(environment, revision.text);
  }
}

function loaded(environment: StoredEnvironment, text: string): LoadedEnvironment {
  return { text, decrypt: (ciphertext) => openCiphertext(ciphertext, environment.cipher) };
}

/** `project/name@version`; a name alone is one of project `default`. */
function parseReference(reference: string): { project: string; environmentName: string; version: string | undefined } {
  const [path = "", version] = reference.split("@", 2);
  const slash = path.indexOf("/");
  if (slash < 0) return { project: "default", environmentName: path, version };
  return { project: path.slice(0, slash), environmentName: path.slice(slash + 1), version };
}

/** A duration as Go writes it (`2h0m0s`) in milliseconds. Refuses with 400 what is none. */
export function parseDuration(text: string | null): number {
  if (text === null || text === "") return 2 * 3_600_000;
  const [, hours, minutes, seconds] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text) ?? fail(400, "Bad Request: invalid duration");
  return ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000;
}

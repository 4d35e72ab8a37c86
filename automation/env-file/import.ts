/** Where does each line of an env file belong in the intake? A plan of edits, by name. */
import { type Credential, type Service } from "../../services/service";
import { materialOf, variablesOf, type DeclaredVariable } from "../../services/select";
import { type Intake, type IntakeEdit } from "../esc/intake";
import { findPlaceholder } from "./placeholder";
import { compareThreeWays, type Base } from "./three-way";

/** What becomes of one name. */
export interface ImportLine {
  readonly name: string;
  /**
   * Same: it already has this value. Newer: ESC has a newer one than the file, and keeps it. Skipped: empty, or a controlling token, which is
   * never stored. Refused: see `reason`.
   */
  readonly action: "add" | "change" | "same" | "newer" | "skip" | "refuse";
  /** `other` for names that no service declares: kept and exported, never synced. */
  readonly service: string;
  /** The name under which it is stored, where another one was given. */
  readonly storedAs?: string;
  /** The given name is one that the Python tools read; the other case of `storedAs` is a second name for one value. */
  readonly isOldName?: true;
  /**
   * Of newer: only where the file's value may be a change too (`changed on both sides`, `the file may be older`), which nobody but the user can
   * decide. Of skip: `empty`,
   * `controlling token`. Of refuse: `mask`, `placeholder`, `ciphertext`, and `conflict` where two names of one variable
   * have different values.
   */
  readonly reason?: string;
}

/** The edits and what to say of them; no line holds a value. */
export interface ImportPlan {
  readonly lines: readonly ImportLine[];
  readonly edits: readonly IntakeEdit[];
}

/** What an import may take for granted. */
export interface ImportOptions {
  /** What consumers read now: a value that is the same there is not written, so what the program generates stays its own. */
  readonly published?: Readonly<Record<string, string>>;
  /** Only these services; `other` is one of them. Names of all others are left out of the plan. */
  readonly services?: readonly string[];
  /** Where the file is older than ESC: what ESC held when the file was written. */
  readonly base?: Base;
  /** The user has decided in favour of the file where both sides may have changed a value. */
  readonly overwrite?: boolean;
  /** The file wins over newer values; take what cannot be real; of a conflict, the variable's own name wins, or else the line that comes first. */
  readonly force?: boolean;
}

/** Names under which this project and its tools are controlled; a .env that holds them too must not spread them. */
const CONTROL_NAMES = /^(PULUMI_\w+|GH_TOKEN|SOPHIA_SECRETS_\w+|SOPHIA_\w+_(CONTROL_TOKEN|ADMIN_USER|ADMIN_PASSWORD))$/;

/** Plans the import: material of a credential goes into the current slot, everything else into the settings. */
export function planImport(
  values: Readonly<Record<string, string>>,
  intake: Intake,
  catalogue: readonly Service[],
  credentialOf: (service: Service) => Credential,
  options: ImportOptions = {},
): ImportPlan {
  const lines: ImportLine[] = [];
  const edits: IntakeEdit[] = [];
  const declared = indexNames(catalogue);
  const taken = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    const target = findTarget(name, declared.get(name), intake, credentialOf);
    if (options.services && !options.services.includes(target.service)) continue;
    const { action, reason } = decide(name, value, target, { intake, values, taken, options });
    lines.push({
      name,
      action,
      service: target.service,
      ...(target.name === name ? {} : { storedAs: target.name }),
      ...(target.isOldName ? { isOldName: true } : {}),
      ...(reason === undefined ? {} : { reason }),
    });
    if (action === "add" || action === "change") {
      taken.set(target.name, value);
      edits.push(target.secret ? { path: target.path, secret: value } : { path: target.path, plain: value });
    }
  }
  return { lines, edits };
}

interface Target {
  readonly service: string;
  /** Canonical name. */
  readonly name: string;
  readonly isOldName: boolean;
  readonly secret: boolean;
  readonly isControl: boolean;
  /** What an intake holds: the one of now, or an earlier one. */
  readonly valueIn: (intake: Intake) => string | undefined;
  readonly path: readonly string[];
}

interface Surroundings {
  readonly intake: Intake;
  readonly values: Readonly<Record<string, string>>;
  /** What this import stores already, by canonical name. */
  readonly taken: ReadonlyMap<string, string>;
  readonly options: ImportOptions;
}

function decide(
  name: string,
  value: string,
  target: Target,
  { intake, values, taken, options }: Surroundings,
): Pick<ImportLine, "action" | "reason"> {
  const { published = {}, force = false, base, overwrite = false } = options;
  if (target.isControl) return { action: "skip", reason: "controlling token" };
  if (value === "") return { action: "skip", reason: "empty" };
  const own = target.name === name ? undefined : lookUp(values, target.name);
  const rival = taken.get(target.name) ?? (own === "" ? undefined : own);
  if (rival !== undefined && rival !== value) return { action: force ? "skip" : "refuse", reason: "conflict" };
  if (taken.has(target.name)) return { action: "same" };
  const present = target.valueIn(intake) ?? lookUp(published, target.name);
  if (present === value) return { action: "same" };
  const winner = force ? "file" : compareThreeWays({ value, present, base, valueIn: target.valueIn });
  if (winner === "ESC") return { action: "newer" };
  if (winner !== "file" && !overwrite) return { action: "newer", reason: winner };
  const unreal = force ? undefined : findPlaceholder(value);
  if (unreal !== undefined) return { action: "refuse", reason: unreal };
  return { action: present === undefined ? "add" : "change" };
}

interface Declaration {
  readonly owner: Service;
  readonly variable: DeclaredVariable;
}

function indexNames(catalogue: readonly Service[]): ReadonlyMap<string, Declaration> {
  return new Map(
    catalogue.flatMap((owner) =>
      variablesOf(owner).flatMap((variable) =>
        [variable.name, ...variable.aliases].map((name) => [name, { owner, variable }] as const),
      ),
    ),
  );
}

function findTarget(
  given: string,
  declaration: Declaration | undefined,
  intake: Intake,
  credentialOf: (service: Service) => Credential,
): Target {
  if (!declaration) {
    return {
      service: "other",
      name: given,
      isOldName: false,
      valueIn: (some) => lookUp(some.service("other").settings, given),
      secret: true,
      isControl: CONTROL_NAMES.test(given),
      path: ["services", "other", "settings", given],
    };
  }
  const { owner, variable } = declaration;
  const { service, secret, aliases } = variable;
  const name = variable.sameAs ?? variable.name;
  const { current } = intake.rotation(service);
  const isMaterial = owner.rotation !== undefined && materialOf(credentialOf(owner)).includes(name);
  return {
    service,
    name,
    isOldName: aliases.includes(given),
    secret,
    isControl: variable.destinations.length === 0,
    valueIn: (some) => {
      const { settings, slots } = some.service(service);
      return lookUp((isMaterial ? slots[some.rotation(service).current] : settings) ?? {}, name);
    },
    path: isMaterial ? ["services", service, "slots", current, name] : ["services", service, "settings", name],
  };
}

/** A name such as `constructor` is no property of every object here. */
function lookUp(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

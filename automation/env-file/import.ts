/** Where does each line of an env file belong in the intake? A plan of edits, by name. */
import { type Credential, type Service } from "../../services/service";
import { materialOf, variablesOf } from "../../services/select";
import { type Intake, type IntakeEdit } from "../esc/intake";

/** What becomes of one name. */
export interface ImportLine {
  readonly name: string;
  /** Same: it already has this value. Skipped: empty, or a controlling token, which is never stored. */
  readonly action: "add" | "change" | "same" | "skip";
  /** `other` for names that no service declares: kept and exported, never synced. */
  readonly service: string;
  /** The name under which it is stored, where an old one was given. */
  readonly storedAs?: string;
}

/** The edits and what to say of them; no line holds a value. */
export interface ImportPlan {
  readonly lines: readonly ImportLine[];
  readonly edits: readonly IntakeEdit[];
}

/** Plans the import: material of a credential goes into the current slot, everything else into the settings. */
export function planImport(
  values: Readonly<Record<string, string>>,
  intake: Intake,
  catalogue: readonly Service[],
  credentialOf: (service: Service) => Credential,
): ImportPlan {
  const lines: ImportLine[] = [];
  const edits: IntakeEdit[] = [];
  for (const [name, value] of Object.entries(values)) {
    const target = findTarget(name, intake, catalogue, credentialOf);
    const line = { name, service: target.service, ...(target.name === name ? {} : { storedAs: target.name }) };
    if (value === "" || target.isControl) {
      lines.push({ ...line, action: "skip" });
    } else if (target.present === value) {
      lines.push({ ...line, action: "same" });
    } else {
      lines.push({ ...line, action: target.present === undefined ? "add" : "change" });
      edits.push(target.secret ? { path: target.path, secret: value } : { path: target.path, plain: value });
    }
  }
  return { lines, edits };
}

function findTarget(
  given: string,
  intake: Intake,
  catalogue: readonly Service[],
  credentialOf: (service: Service) => Credential,
) {
  const owner = catalogue.find((service) =>
    variablesOf(service).some(({ name, aliases }) => name === given || aliases.includes(given)),
  );
  const declared = owner && variablesOf(owner).find(({ name, aliases }) => name === given || aliases.includes(given));
  if (!owner || !declared) {
    const present = intake.service("other").settings[given];
    return {
      service: "other",
      name: given,
      present,
      secret: true,
      isControl: false,
      path: ["services", "other", "settings", given],
    };
  }
  const name = declared.sameAs ?? declared.name;
  const { service, secret } = declared;
  const isControl = declared.destinations.length === 0;
  const { settings, slots } = intake.service(service);
  if (owner.rotation && materialOf(credentialOf(owner)).includes(name)) {
    const { current } = intake.rotation(service);
    return {
      service,
      name,
      secret,
      isControl,
      present: slots[current]?.[name],
      path: ["services", service, "slots", current, name],
    };
  }
  return { service, name, secret, isControl, present: settings[name], path: ["services", service, "settings", name] };
}

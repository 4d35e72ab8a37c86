/** Which value has each declared variable, and where does the published environment find it? */
import * as pulumi from "@pulumi/pulumi";
import { type Intake } from "../automation/esc/intake";
import { type Settings } from "../automation/settings";
import { type Credential, type Destination, type Service, type SlotName } from "../services/service";
import { isOutOfUse, isRequired, variablesOf, type DeclaredVariable } from "../services/select";
import { type SlotMaterial } from "./credential-slots";
import { settingReference, slotReference, type PublishedValue } from "./esc-definitions";

/** A declared variable that has a value in this stack. */
export interface ConsumerVariable {
  readonly name: string;
  readonly service: string;
  readonly secret: boolean;
  readonly destinations: readonly Destination[];
  /** For GitHub and Vercel; secret where the variable is. */
  readonly value: pulumi.Output<string>;
  /** For the published environment. */
  readonly published: PublishedValue;
}

/** What the variables of one service are resolved from. */
export interface VariableSources {
  readonly service: Service;
  readonly intake: Intake;
  readonly settings: Settings;
  /** By the strategy of the slot that consumers read. */
  readonly credential?: Credential;
  /** That slot, with its material. */
  readonly current?: { readonly slot: SlotName; readonly material: SlotMaterial };
}

/**
 * The value of a service's plain variable that no slot makes: from the stack's configuration, else from the intake, else the default.
 * The configuration comes first because the program builds by it: consumers must not read of a role that it did not make.
 */
export function plainValue(
  variable: DeclaredVariable,
  { intake, settings }: Pick<VariableSources, "intake" | "settings">,
): string | undefined {
  const { name, service, defaultValue } = variable;
  return settings.values[name] ?? (intake.service(service).settings[name] || defaultValue);
}

/** The variables of a service that have a value, and the names of those that are missing though programs need them. */
export function resolveVariables(sources: VariableSources): { variables: ConsumerVariable[]; missing: string[] } {
  const variables: ConsumerVariable[] = [];
  const missing: string[] = [];
  for (const variable of variablesOf(sources.service).filter(({ destinations }) => destinations.includes("esc"))) {
    const found = findValue(variable, sources);
    if (found) {
      const { name, service, secret, destinations } = variable;
      const value = secret ? pulumi.secret(found.value) : pulumi.output(found.value);
      variables.push({ name, service, secret, destinations, value, published: found.published });
    } else if (isRequired(sources.service, variable, sources.credential)) {
      missing.push(variable.name);
    }
  }
  return { variables, missing };
}

function findValue(
  variable: DeclaredVariable,
  sources: VariableSources,
): { value: pulumi.Input<string>; published: PublishedValue } | undefined {
  const { service, intake, settings, credential, current } = sources;
  if (isOutOfUse(service, variable, credential)) return undefined;
  const name = variable.sameAs ?? variable.name;
  const fromSlot = current?.material[name];
  if (current && fromSlot !== undefined) {
    return { value: fromSlot, published: { reference: slotReference(service.name, current.slot, name) } };
  }
  const configured = settings.values[name];
  if (configured !== undefined) return { value: configured, published: { text: configured } };
  // Destinations drop an empty value without a word, so it counts as missing everywhere.
  const fromIntake = intake.service(service.name).settings[name];
  if (fromIntake) return { value: fromIntake, published: { reference: settingReference(service.name, name) } };
  const twin = variable.sameAs === undefined ? variable : variablesOf(service).find((other) => other.name === name);
  const text = twin?.secret ? undefined : twin?.defaultValue;
  return text === undefined ? undefined : { value: text, published: { text } };
}

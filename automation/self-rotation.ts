/** Is the identity that rotates also one that is rotated? A controlling token in a slot would be retired one day, and lock both out. */
import { services } from "../services";
import { type Service } from "../services/service";
import { type AutomationError, usageError } from "./errors";
import { type Intake } from "./esc/intake";
import { type PublishedValues } from "./rotation/world";
import { type Settings } from "./settings";

/** Throws a usage error when a slot of the intake holds a controlling token. */
export function refuseControlTokens(
  intake: Pick<Intake, "service">,
  settings: Pick<Settings, "tokens">,
  catalogue: readonly Service[] = services,
): void {
  for (const { name } of catalogue) {
    for (const [slot, values] of Object.entries(intake.service(name).slots)) {
      const found = findControlToken(values, settings);
      if (found !== undefined) throw selfRotation(`${found} of ${name}, slot ${slot},`);
    }
  }
}

/** The same for the slots behind what consumers read, in which is also what the program has made; a retirement would delete it at the service. */
export function refusePublishedTokens({ slots }: Pick<PublishedValues, "slots">, settings: Pick<Settings, "tokens">) {
  for (const [name, content] of Object.entries(slots)) {
    for (const [slot, values] of Object.entries(content)) {
      const found = findControlToken(values, settings);
      if (found !== undefined) throw selfRotation(`${found} of ${name}, slot ${slot},`);
    }
  }
}

/** Throws a usage error when values that a person hands over hold a controlling token. */
export function refuseHandedOver(values: Readonly<Record<string, string>>, settings: Pick<Settings, "tokens">): void {
  const found = findControlToken(values, settings);
  if (found !== undefined) throw selfRotation(`${found}, as handed over,`);
}

function findControlToken(values: Readonly<Record<string, string>>, { tokens }: Pick<Settings, "tokens">) {
  const { snowflakeUser: _name, ...secrets } = tokens;
  const known = Object.values(secrets).filter((secret) => secret !== "");
  return Object.keys(values).find((name) => known.includes(values[name] ?? ""));
}

function selfRotation(what: string): AutomationError {
  return usageError(
    "settings.self_rotation",
    `${what} is a controlling token of this tool; nothing was changed.`,
    "Put a credential of its own in its place: the identity that rotates must not be the one that is rotated.",
  );
}

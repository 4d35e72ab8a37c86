/** Which names does the catalogue say are secret? The old names of a variable are as secret as its own. */
import { services } from "../services";
import { type Service } from "../services/service";
import { variablesOf } from "../services/select";

const secretNames = new Set(
  (services as readonly Service[])
    .flatMap(variablesOf)
    .filter(({ secret }) => secret)
    .flatMap(({ name, aliases }) => [name, ...aliases])
    .map(plainForm),
);

/** Whether a name is that of a secret variable, however it is spelt: `SNOWFLAKE_PASSWORD`, `sophia:snowflakePassword`. */
export function isSecretName(name: string): boolean {
  return secretNames.has(plainForm(name));
}

function plainForm(name: string): string {
  return name.replace(/^.*:/, "").replace(/[_-]/g, "").toLowerCase();
}

/** Does a secret of the catalogue stand in clear somewhere? In a GitHub variable, in the text of an ESC environment, in a Vercel variable that can be read. */
import { parse } from "yaml";
import { isSecretName } from "../catalogue";
import { entriesOf, textOf, listOf, type Resource, type Rule } from "../rule";

const GITHUB_VARIABLE = /^github:index\/actions(Environment|Organization)?Variable:/;
const VERCEL_VARIABLE = /^vercel:index\/(project|shared)EnvironmentVariable:/;
const VERCEL_VARIABLES = /^vercel:index\/projectEnvironmentVariables:/;

/** GitHub variables are shown to everybody who can read the repository. https://docs.github.com/en/actions/concepts/workflows-and-actions/variables */
export const githubVariables: Rule = {
  name: "github-variable-not-secret",
  description: "What the catalogue says is secret is an Actions secret, never an Actions variable, which can be read.",
  check: (resource) => {
    const single = GITHUB_VARIABLE.test(resource.type) ? [textOf(resource, "variableName")] : [];
    return [...single, ...entriesOf(resource, "variable")]
      .filter(isSecretName)
      .map((name) => `${name} is secret and would be an Actions variable: make it an Actions secret.`);
  },
};

/** Without `sensitive` whoever can see the project can read the value. https://vercel.com/docs/environment-variables/sensitive-environment-variables */
export const vercelSensitive: Rule = {
  name: "vercel-secret-is-sensitive",
  description: "What the catalogue says is secret is a sensitive variable at Vercel, so that nobody can read it back.",
  check: (resource) =>
    vercelVariables(resource).flatMap(({ key, sensitive }) =>
      typeof key === "string" && isSecretName(key) && sensitive !== true
        ? [`${key} is secret and not sensitive: set sensitive to true.`]
        : [],
    ),
};

function vercelVariables(resource: Resource): readonly { readonly key?: unknown; readonly sensitive?: unknown }[] {
  if (VERCEL_VARIABLE.test(resource.type)) return [resource.properties];
  return VERCEL_VARIABLES.test(resource.type) ? (listOf(resource, "variables") as Record<string, unknown>[]) : [];
}

/** ESC encrypts what stands below `fn::secret`, and nothing else. https://www.pulumi.com/docs/esc/environments/syntax/builtin-functions/fn-secret/ */
export const escSecrets: Rule = {
  name: "esc-secret-is-encrypted",
  description: "In an ESC environment a secret of the catalogue stands below fn::secret, or is a reference.",
  check: (resource) => {
    const text = textOf(resource, "yaml");
    if (resource.type !== "pulumiservice:index:Environment" || text === "") return [];
    return plainSecrets(readYaml(text)).map(
      (path) => `${path} stands in clear: put it below fn::secret, or refer to it.`,
    );
  },
};

/** A text that is no YAML is for ESC to refuse. */
function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Paths of values in clear; never the values. */
function plainSecrets(node: unknown, path: readonly string[] = []): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    const here = [...path, key];
    if (isSecretName(key) && !Array.isArray(node)) return isHidden(value) ? [] : [here.join(".")];
    return plainSecrets(value, here);
  });
}

/** `fn::secret`, alone or inside of a function that decodes it, or nothing but references. */
function isHidden(value: unknown): boolean {
  if (typeof value === "string") return value === "" || /^(\$\{[^}]+\})+$/.test(value);
  if (typeof value !== "object" || value === null) return value === null;
  const [[name, argument] = ["", undefined], ...others] = Object.entries(value) as [string, unknown][];
  if (others.length > 0) return false;
  return name === "fn::secret" || (name.startsWith("fn::") && isHidden(argument));
}

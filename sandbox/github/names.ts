/** Which names and values does GitHub take for Actions secrets and variables? */
import { failure } from "./replies";

/** The largest value of a secret or variable, in bytes: 48 KB. */
export const MAX_VALUE_BYTES = 48 * 1024;

/**
 * The name under which GitHub keeps a secret or variable: letters, digits and underscores, no digit first, no `GITHUB_` in front, upper case.
 * Throws 422 otherwise (https://docs.github.com/actions/reference/security/secrets#naming-your-secrets).
 */
export function storedName(noun: "Secret" | "Variable", name: unknown): string {
  if (typeof name !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw failure(
      422,
      `${noun} names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). ` +
        "Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_).",
    );
  }
  if (/^GITHUB_/i.test(name)) throw failure(422, `${noun} names must not start with GITHUB_.`);
  return name.toUpperCase();
}

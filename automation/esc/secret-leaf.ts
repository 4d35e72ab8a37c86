/** How is a text, secret or plain, written into an ESC definition so that it comes out again byte for byte? */
import { Scalar, YAMLMap } from "yaml";

/**
 * The YAML node of a secret. ESC rejects `${` in a secret and keeps `$$` as it is once encrypted, and YAML folds or refuses line breaks and
 * control characters, so all but one line of printable ASCII without a dollar sign goes as `fn::fromBase64` of a `fn::secret`.
 * Always in double quotes: the provider trims a definition, which would cut a block scalar at its end.
 */
export function secretLeaf(value: string): YAMLMap<string, unknown> {
  const encoded = !/^[ -#%-~]*$/.test(value);
  const scalar = new Scalar(encoded ? Buffer.from(value, "utf8").toString("base64") : value);
  scalar.type = Scalar.QUOTE_DOUBLE;
  const secret = mapOf("fn::secret", scalar);
  return encoded ? mapOf("fn::fromBase64", secret) : secret;
}

/** A plain text as ESC must read it: in plain values `${` begins a reference and `$$` is one dollar sign. */
export function plainLeaf(value: string): string {
  return value.replaceAll("$", "$$$$");
}

function mapOf(key: string, value: unknown): YAMLMap<string, unknown> {
  const map = new YAMLMap<string, unknown>();
  map.set(key, value);
  return map;
}

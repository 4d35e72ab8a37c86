/** How does `vercel.UserToken` work? (https://vercel.com/docs/rest-api/authentication/create-an-auth-token) */
import { type PropertyBag, type PropertyValue, textOf } from "../properties";
import {
  checkProperties,
  definedProperties,
  generatedName,
  importedInputs,
  plannedOutputs,
  plannedUpdate,
  PluginError,
  type PropertyRules,
  refreshedInputs,
  type Resource,
} from "../resource";
import { isNotFound, splitImportId, type VercelClient } from "./client";

const MAX_NAME_LENGTH = 256;

const rules: PropertyRules = {
  expiresAt: { type: "number", replace: true, description: "Milliseconds since 1970." },
  name: { type: "string", replace: true },
  teamId: { type: "string", computed: true, replace: true },
  activeAt: { type: "number", outputOnly: true },
  bearerToken: { type: "string", outputOnly: true, secret: true },
  createdAt: { type: "number", outputOnly: true },
  leakedAt: { type: "number", outputOnly: true },
  leakedUrl: { type: "string", outputOnly: true },
  origin: { type: "string", outputOnly: true },
  prefix: { type: "string", outputOnly: true },
  suffix: { type: "string", outputOnly: true },
  type: { type: "string", outputOnly: true },
  id: { type: "string", outputOnly: true },
};

/** A token of the API as it describes it; times in milliseconds since 1970. */
type ApiToken = Readonly<Record<string, PropertyValue | undefined>> & { readonly id: string };

/** An authentication token. Its text comes once, with the create, and lives in the state from then on; every change replaces it. */
export const userToken: Resource<VercelClient> = {
  token: "vercel:index/userToken:UserToken",
  description: "A Vercel authentication token.",
  rules,
  compareWith: "outputs",
  deleteBeforeReplace: false,

  check(request) {
    const inputs = { ...request.news, name: request.news["name"] ?? generatedName(request) };
    return { inputs, failures: [...checkProperties(rules, inputs), ...checkMeaning(inputs)] };
  },

  previewCreate: async (_client, inputs) => plannedOutputs(rules, inputs),

  async create(client, inputs) {
    const name = textOf(inputs, "name");
    if (name.trim() === "" || name !== name.trim()) {
      throw new PluginError("Invalid user token name: it must not be empty, nor begin or end with a blank.");
    }
    const { expiresAt } = inputs;
    const answer = await client.send<{ token: ApiToken; bearerToken: string }>("POST", "/v3/user/tokens", {
      team: textOf(inputs, "teamId"),
      body: { name, ...(expiresAt === undefined ? {} : { expiresAt }) },
    });
    return { id: answer.token.id, outputs: outputsOf(answer.token, answer.bearerToken) };
  },

  previewUpdate: async (_client, request) => plannedUpdate(rules, request),

  update: () => Promise.reject(new PluginError("Updating a User Token is not supported")),

  async read(client, { id, inputs, outputs }) {
    if (outputs) {
      const found = await getToken(client, id);
      if (!found) return undefined;
      const live = outputsOf(found, outputs["bearerToken"]);
      return { id: found.id, outputs: live, inputs: refreshedInputs(rules, inputs, live) };
    }
    const tokenId = splitImportId(id, ["token_id"]).parts[0] ?? "";
    // The official plugin asks twice: once to import, once to read what it has imported.
    const found = (await getToken(client, tokenId)) && (await getToken(client, tokenId));
    if (!found) return undefined;
    const imported = outputsOf(found, undefined);
    return { id: found.id, outputs: imported, inputs: importedInputs(rules, imported) };
  },

  async delete(client, id, outputs) {
    try {
      const team = textOf(outputs, "teamId");
      await client.send("DELETE", `/v3/user/tokens/${encodeURIComponent(id)}`, { team });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  },
};

function checkMeaning(inputs: PropertyBag): string[] {
  const failures: string[] = [];
  const { name, expiresAt } = inputs;
  if (typeof name === "string" && name.length > MAX_NAME_LENGTH)
    failures.push(`'name' must not be longer than ${MAX_NAME_LENGTH} characters`);
  if (typeof expiresAt === "number" && expiresAt < 1) failures.push("'expiresAt' must be at least 1");
  return failures;
}

/** Reading names no team, other than creating and deleting. */
async function getToken(client: VercelClient, id: string): Promise<ApiToken | undefined> {
  try {
    return (await client.send<{ token: ApiToken }>("GET", `/v5/user/tokens/${encodeURIComponent(id)}`)).token;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** All properties of a token but its text carry the API's own names. */
function outputsOf(token: ApiToken, bearerToken: PropertyValue | undefined): PropertyBag {
  if (!token?.id) throw new PluginError("the answer of api.vercel.com has no token in it");
  const names = Object.keys(rules).filter((name) => name !== "bearerToken");
  return definedProperties({
    ...Object.fromEntries(names.map((name) => [name, token[name]])),
    bearerToken,
  });
}

/**
 * How is an Estuary API key made, and how does it end? A dynamic resource: creating it mints a key for a service account, deleting it revokes the key.
 *
 * It speaks the GraphQL API that Estuary's dashboard uses (https://github.com/estuary/flow/pull/3058). The identity that mints is an admin, never
 * the service account itself: Estuary refuses that. Its bearer (an access token, or a multi-use refresh token) is read from the environment variable
 * `SOPHIA_ESTUARY_CONTROL_TOKEN` inside the methods: Pulumi writes a provider's code and what it captures into the state in clear text.
 * For the same reason the functions here use nothing but globals and each other.
 */
import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link EstuaryToken}. None of them is secret. */
export interface EstuaryTokenArgs {
  /** Address of the control plane's API, `https://api.estuary.dev`; plain http is for loopback only. */
  readonly apiUrl: pulumi.Input<string>;
  /** Catalog name of the service account that the key belongs to, `payready/sophia`. It exists already and has the grants that the key gives. */
  readonly serviceAccount: pulumi.Input<string>;
  /** What the key is called at Estuary, unique to the slot and its generation: other keys of the account with this name are revoked. */
  readonly name: pulumi.Input<string>;
  /** The slot's generation, for people who read the state: the name says it too. */
  readonly generation: pulumi.Input<number>;
  /** How long an unused key lives, an ISO 8601 duration of at most a year; each use starts it anew. Read when the key is made. @default P180D */
  readonly validFor?: pulumi.Input<string>;
}

/** An API key of a service account. A new `name` makes a new key before the old one is revoked. */
export class EstuaryToken extends pulumi.dynamic.Resource {
  /** Estuary's id of the key; not secret. */
  declare readonly tokenId: pulumi.Output<string>;
  /** The key as consumers need it, base64 of its id and secret; a secret. */
  declare readonly apiKey: pulumi.Output<string>;

  constructor(name: string, args: EstuaryTokenArgs, opts?: pulumi.CustomResourceOptions) {
    const secretOutputs = { additionalSecretOutputs: ["apiKey"] };
    const props = { ...args, validFor: args.validFor ?? "P180D", tokenId: undefined, apiKey: undefined };
    super(estuaryTokenProvider, name, props, pulumi.mergeOptions(opts, secretOutputs), "credentials", "EstuaryToken");
  }
}

/** {@link EstuaryTokenArgs} when the values are known. */
export interface EstuaryTokenInputs {
  readonly apiUrl: string;
  readonly serviceAccount: string;
  readonly name: string;
  readonly generation: number;
  readonly validFor: string;
}

/** What the state holds of a key. */
export interface EstuaryTokenState extends EstuaryTokenInputs {
  readonly tokenId: string;
  readonly apiKey: string;
}

/**
 * The methods that the engine calls. Errors name the operation and what was wrong with it, never an answer's body, a key or the control token.
 * Exported for its specs.
 */
export const estuaryTokenProvider = {
  /** Mints a key. One with the same name is of a run that died: its secret cannot be read again, so it is revoked first. */
  async create(inputs: EstuaryTokenInputs) {
    const leftovers = (await listKeys(inputs, "list keys")).filter((key) => key.detail === inputs.name);
    for (const leftover of leftovers) await revokeKey(inputs, leftover.id);
    const state = await mintKey(inputs);
    return { id: state.tokenId, outs: state };
  },

  /** Only a key of its own is worth a replacement; that the provider's code was compiled in another way is not. */
  async diff(_id: string, olds: EstuaryTokenState, news: EstuaryTokenInputs) {
    const replaces: string[] = (["apiUrl", "serviceAccount", "name"] as const).filter((key) => olds[key] !== news[key]);
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: false };
  },

  /** Says that the key is gone only if its account is there to be seen without it: a control token without rights sees nothing at all. */
  async read(id: string, state?: EstuaryTokenState): Promise<pulumi.dynamic.ReadResult<EstuaryTokenState>> {
    if (!state) throw new Error("Estuary: a key cannot be imported: its secret is shown only when it is made");
    const alive = (await listKeys(state, "list keys")).some((key) => key.id === id);
    return alive ? { id, props: state } : {};
  },

  /** Revokes the key. One that is gone already is a success. */
  async delete(id: string, state: EstuaryTokenState) {
    await revokeKey(state, id);
  },
} satisfies pulumi.dynamic.ResourceProvider<EstuaryTokenInputs, EstuaryTokenState>;

interface ListedKey {
  readonly id: string;
  readonly detail: string | null;
}

interface AccountsPage {
  readonly serviceAccounts: {
    readonly edges: readonly { readonly node: { readonly catalogName: string; readonly apiKeys: ListedKey[] } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

/** `refusal` is why the API refused the call. */
type Answer<Data> =
  { readonly data: Data; readonly refusal?: undefined } | { readonly data?: undefined; readonly refusal: string };

/** The keys of the account that are not revoked. Throws when the account is not visible. */
async function listKeys(inputs: EstuaryTokenInputs, operation: string): Promise<readonly ListedKey[]> {
  const query =
    "query ($after: String) { serviceAccounts(first: 100, after: $after) " +
    "{ edges { node { catalogName apiKeys { id detail } } } pageInfo { hasNextPage endCursor } } }";
  let after: string | null = null;
  for (let page = 0; page < 100; page += 1) {
    const answer: Answer<AccountsPage> = await callEstuary<AccountsPage>(inputs, operation, query, { after });
    if (!answer.data) throw new Error(`Estuary: cannot ${operation}: ${answer.refusal}`);
    const { edges, pageInfo }: AccountsPage["serviceAccounts"] = answer.data.serviceAccounts;
    const account = edges.find(({ node }) => node.catalogName === inputs.serviceAccount);
    if (account) return account.node.apiKeys;
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  throw new Error(
    `Estuary: cannot ${operation}: there is no service account ${inputs.serviceAccount} that the control token may manage`,
  );
}

/**
 * An attempt whose answer was lost may have made a key that nobody knows; it is revoked as soon as the list that comes with the next one shows it.
 */
async function mintKey(inputs: EstuaryTokenInputs): Promise<EstuaryTokenState> {
  const query =
    "mutation ($catalogName: Name!, $detail: String!, $validFor: String!) " +
    "{ createApiKey(catalogName: $catalogName, detail: $detail, validFor: $validFor) " +
    "{ id secret serviceAccount { apiKeys { id detail } } } }";
  const { data, refusal } = await callEstuary<{
    createApiKey: { id: string; secret: string; serviceAccount: { apiKeys: ListedKey[] } };
  }>(inputs, "create a key", query, {
    catalogName: inputs.serviceAccount,
    detail: inputs.name,
    validFor: inputs.validFor,
  });
  if (!data) throw new Error(`Estuary: cannot create a key: ${refusal}`);
  const { id, secret, serviceAccount } = data.createApiKey;
  if (!id || !secret) throw new Error("Estuary: cannot create a key: the API gave none");
  const lost = serviceAccount.apiKeys.filter((key) => key.detail === inputs.name && key.id !== id);
  for (const key of lost) await revokeKey(inputs, key.id);
  const { apiUrl, name, generation, validFor } = inputs;
  return { apiUrl, serviceAccount: inputs.serviceAccount, name, generation, validFor, tokenId: id, apiKey: secret };
}

/** Estuary says "not found" to a caller without the right as well, so a refusal is a success only if the list agrees. */
async function revokeKey(inputs: EstuaryTokenInputs, id: string): Promise<void> {
  const query = "mutation ($id: Id!) { revokeApiKey(id: $id) { catalogName } }";
  const { refusal } = await callEstuary(inputs, "revoke a key", query, { id });
  if (refusal === undefined) return;
  const alive = (await listKeys(inputs, "check a revoked key")).some((key) => key.id === id);
  if (alive) throw new Error(`Estuary: cannot revoke a key: ${refusal}`);
}

/**
 * One GraphQL call: four attempts for what may pass (429, 5xx, a broken connection), 30 s each because Estuary holds a request while it
 * refreshes its grants. Throws for whatever is not an answer of the API.
 */
async function callEstuary<Data>(
  inputs: { readonly apiUrl: string },
  operation: string,
  query: string,
  variables: Record<string, unknown>,
): Promise<Answer<Data>> {
  const token = process.env["SOPHIA_ESTUARY_CONTROL_TOKEN"]?.trim();
  if (!token) throw new Error(`Estuary: cannot ${operation}: SOPHIA_ESTUARY_CONTROL_TOKEN is not set`);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error(`Estuary: cannot ${operation}: SOPHIA_ESTUARY_CONTROL_TOKEN is not a bearer token`);
  }
  const url = new URL(`${inputs.apiUrl.replace(/\/+$/, "")}/api/graphql`);
  if (url.protocol !== "https:" && !["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) {
    throw new Error(`Estuary: cannot ${operation}: the address of the API must be https`);
  }
  let problem = "";
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    let pause = 125 * 2 ** attempt * (0.5 + Math.random());
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
        // Not followed: the next host must not get the control token.
        redirect: "manual",
        signal: AbortSignal.timeout(30_000),
      });
      if (response.ok) return readAnswer<Data>(await response.text());
      problem = `HTTP ${response.status}`;
      if (response.status !== 429 && response.status < 500) break;
      pause = retryAfter(response.headers.get("retry-after")) ?? pause;
    } catch (error) {
      // Only a code: the text of such an error can quote a header.
      const { name, cause } = error as { name: string; cause?: { code?: unknown } };
      problem = typeof cause?.code === "string" ? cause.code : name;
    }
    if (attempt < 4) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error(`Estuary: cannot ${operation}: ${problem}`);
}

/** Throws for half an answer, which counts as a broken connection. Of an error's text only its code is kept, where it has one. */
function readAnswer<Data>(body: string): Answer<Data> {
  const answer = JSON.parse(body) as { data?: Data | null; errors?: { message?: unknown }[] };
  if (!answer.errors?.length && answer.data) return { data: answer.data };
  const code = /^(PermissionDenied|Unauthenticated|NotFound|InvalidArgument|Internal|Unavailable): /.exec(
    String(answer.errors?.[0]?.message),
  );
  return { refusal: `the API refused it${code ? ` (${code[1]})` : ""}` };
}

/** Milliseconds that the header asks for, seconds or a date, 30 s at most. */
function retryAfter(header: string | null): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const wanted = Number.isFinite(Number(header)) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), 30_000) : undefined;
}

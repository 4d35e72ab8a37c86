/** Which service accounts, keys and open invitations are there at Estuary? The schema is that of https://github.com/estuary/ui */
import { variablesOf } from "../../../services/select";
import { tokenFamily } from "../../token-name";
import { isoTime } from "../ledger";
import { known, readPlace, type Accessor, type AccessPlace, type AccessWorld, type Found } from "./place";

interface Account {
  readonly catalogName: string;
  readonly createdAt?: string;
  readonly lastUsedAt?: string | null;
  readonly grants: readonly { readonly prefix: string; readonly capability: string; readonly createdAt?: string }[];
  readonly apiKeys: readonly {
    readonly id: string;
    readonly detail?: string | null;
    readonly createdAt?: string;
    readonly lastUsedAt?: string | null;
  }[];
}

interface InviteLink {
  readonly catalogPrefix: string;
  readonly capability: string;
  readonly createdAt?: string;
  readonly singleUse: boolean;
}

const ACCOUNTS = `query ($after: String) { serviceAccounts(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
  edges { node { catalogName createdAt lastUsedAt grants { prefix capability createdAt } apiKeys { id detail createdAt lastUsedAt } } } } }`;
const LINKS = `query ($after: String) { inviteLinks(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
  edges { node { catalogPrefix capability createdAt singleUse } } } }`;

const NOT_SET = "Set SOPHIA_ESTUARY_CONTROL_TOKEN.";

/** Service accounts with their grants and keys, and links that give a capability to whoever has them. */
export function readEstuaryAccess(world: AccessWorld): Promise<AccessPlace>[] {
  const place = "estuary service accounts";
  if (world.settings.tokens.estuary === "")
    return [
      Promise.resolve({
        place,
        state: "not asked",
        reason: "no controlling token is set",
        hint: NOT_SET,
        accessors: [],
        notes: [],
      }),
    ];
  const hint = "SOPHIA_ESTUARY_CONTROL_TOKEN must be of an admin of the prefix.";
  return [readPlace(place, hint, () => readAccounts(world))];
}

async function readAccounts({ settings, api, catalogue, published }: AccessWorld): Promise<Found> {
  const declared = catalogue.flatMap(variablesOf).find(({ name }) => name === "ESTUARY_API_URL");
  const base = published.ESTUARY_API_URL ?? settings.values.ESTUARY_API_URL ?? declared?.defaultValue ?? "";
  const question = { url: `${base.replace(/\/+$/, "")}/api/graphql`, token: settings.tokens.estuary };
  const accounts = await api.connection<Account>(question, ACCOUNTS, "serviceAccounts");
  const links = await api.connection<InviteLink>(question, LINKS, "inviteLinks");
  return {
    accessors: [
      ...accounts.flatMap((account) => describeAccount(account, settings.stack)),
      ...links.map(({ catalogPrefix, capability, createdAt, singleUse }) => ({
        ...{ who: catalogPrefix, kind: "link" as const },
        how: `${capability} for whoever has the link${singleUse ? ", once" : ""}`,
        ...known({ since: isoTime(createdAt) }),
      })),
    ],
    notes: ["What persons may do is not shown by this API: look at https://dashboard.estuary.dev/admin/accessGrants"],
  };
}

function describeAccount({ catalogName, createdAt, lastUsedAt, grants, apiKeys }: Account, stack: string): Accessor[] {
  const how =
    grants
      .map(({ prefix, capability }) => `${capability} on ${prefix}`)
      .sort()
      .join(", ") || "nothing";
  return [
    {
      ...{ who: catalogName, kind: "service account", how },
      ...known({ since: isoTime(createdAt), lastUsed: isoTime(lastUsedAt) }),
    },
    ...apiKeys.map(({ id, detail, createdAt: made, lastUsedAt: used }) => ({
      ...{ who: tokenFamily(detail ?? "", stack) ?? (detail || id), kind: "token" as const, how },
      ...{ via: catalogName, ...known({ since: isoTime(made), lastUsed: isoTime(used) }) },
    })),
  ];
}

/** What is in the account at the start? The objects of the seed, owned by the roles that would own them in a tidy account. */
import { type Account } from "./account";
import { type Context } from "./context";
import { newDatabase } from "./databases";
import { digest } from "./digests";
import { type Role, type UserType } from "./objects";
import { readPublicKey } from "./public-keys";
import { newSchema } from "./schemas";
import { newUser } from "./user-properties";
import { newWarehouse } from "./warehouses";

/** A user of the seed. */
export interface SeedUser {
  readonly name: string;
  /** @default name */
  readonly loginName?: string;
  readonly password?: string;
  /** The Base64 of the DER form, or PEM. */
  readonly rsaPublicKey?: string;
  /** @default PERSON */
  readonly type?: UserType;
  readonly defaultRole?: string;
  /** Created when they are not Snowflake's own. */
  readonly roles: readonly string[];
}

/** The account's content at the start. */
export interface SnowflakeSeed {
  readonly users: readonly SeedUser[];
  /** A network policy of the whole account, open to everybody: service users get access tokens only under one. @default none */
  readonly networkPolicy?: string;
  readonly warehouses?: readonly string[];
  readonly databases?: readonly { readonly name: string; readonly schemas: readonly string[] }[];
}

/** Fills an empty account. Throws when a name comes twice. */
export function seedAccount(account: Account, seed: SnowflakeSeed): void {
  const context: Pick<Context, "account"> = { account };
  const userAdmin = account.roles.require("USERADMIN");
  const systemAdmin = account.roles.require("SYSADMIN");
  for (const user of seed.users) seedUser(account, user, userAdmin);
  if (seed.networkPolicy !== undefined) setNetworkPolicy(account, seed.networkPolicy);
  for (const name of seed.warehouses ?? []) account.warehouses.add(newWarehouse(context, name, systemAdmin));
  for (const { name, schemas } of seed.databases ?? []) {
    const database = account.databases.add(newDatabase(context, name, systemAdmin));
    for (const schema of schemas) {
      if (schema !== "PUBLIC") database.schemas.add(newSchema(context, database, schema, systemAdmin));
    }
  }
}

function setNetworkPolicy(account: Account, name: string): void {
  const policy = account.securable(name, account.roles.require("SECURITYADMIN"));
  account.networkPolicies.add({
    kind: "NETWORK_POLICY",
    ...policy,
    lists: new Map([["ALLOWED_IP_LIST", ["0.0.0.0/0"]]]),
  });
  account.root.parameters.set("NETWORK_POLICY", name);
}

function seedUser(account: Account, seed: SeedUser, owner: Role): void {
  const now = account.clock();
  const user = account.users.add(newUser(account, seed.name, owner));
  user.texts.set("LOGIN_NAME", (seed.loginName ?? seed.name).toUpperCase());
  user.type = seed.type ?? "PERSON";
  if (seed.defaultRole !== undefined) user.texts.set("DEFAULT_ROLE", seed.defaultRole);
  if (seed.password !== undefined) {
    user.passwordDigest = digest(seed.password);
    user.passwordSetAt = now;
  }
  if (seed.rsaPublicKey !== undefined)
    user.keys[0] = readPublicKey(seed.rsaPublicKey.replace(/-----[^-]+-----/g, ""), now);
  for (const name of seed.roles) {
    const role = account.roles.find(name) ?? account.roles.add({ kind: "ROLE", ...account.securable(name, owner) });
    account.grantRole(role, user, owner.name);
  }
}

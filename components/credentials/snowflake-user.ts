/** How is a Snowflake credential made? By password, key pair or access token, each slot by its own: a move from one to another is a rotation. */
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { publicKeyOf } from "../../automation/snowflake-keys";
import { passwordUserName, serviceUserName } from "../../automation/snowflake-users";
import { tokenName } from "../../automation/token-name";
import { type SlotName, type SnowflakeCredential } from "../../services/service";
import { type BuildContext, type LiveSlot, type SlotMaterial } from "../credential-slots";
import { SnowflakeServiceUser, type PasswordUser, type ServiceUser } from "../snowflake-service-user";
import { RsaKeyPair } from "./rsa-key-pair";
import { SnowflakeAccessToken } from "./snowflake-access-token";

type Context = BuildContext<"snowflake-user">;
type SlotOf<Method extends SnowflakeCredential["method"]> = Omit<LiveSlot, "credential"> & {
  readonly credential: Extract<SnowflakeCredential, { method: Method }>;
};
type Built = [SlotName, SlotMaterial][];

/** Three periods of rotation: a token that a stuck rotation leaves behind is not alive for ever, one in use has time to spare. */
const TOKEN_DAYS = 90;

/** One role with its grants, and the users of the live slots. */
export function buildSnowflakeUser(context: Context): Built {
  const passwords = slotsOf(context, "password").map((slot) => makePassword(context, slot));
  const keys = slotsOf(context, "key-pair").map((slot) => makeKey(context, slot));
  const tokens = slotsOf(context, "access-token");
  const serviceUser: ServiceUser | undefined =
    keys.length + tokens.length > 0 ? makeServiceUser(context, keys) : undefined;
  const { role, warehouse, database, schema, manage } = context.settings.snowflake;
  const users = new SnowflakeServiceUser(
    context.name,
    {
      ...{ role, warehouse, database, schema, manage },
      passwordUsers: passwords.map(({ user }) => user),
      ...(serviceUser ? { serviceUser } : {}),
    },
    { parent: context.parent, providers: [context.providers.snowflake] },
  );
  return [
    ...passwords.map(({ built }) => built),
    ...keys.map(({ built }) => built),
    ...tokens.map((slot) => makeToken(context, slot, users)),
  ];
}

function slotsOf<Method extends SnowflakeCredential["method"]>({ slots }: Context, method: Method): SlotOf<Method>[] {
  return slots.filter((slot): slot is SlotOf<Method> & LiveSlot<"snowflake-user"> => slot.credential.method === method);
}

interface MadePassword {
  readonly user: PasswordUser;
  readonly built: Built[number];
}

/** Two users, so that both passwords are alive at once: Snowflake keeps one password a user. */
function makePassword({ name, settings, parent }: Context, slot: SlotOf<"password">): MadePassword {
  const { variables } = slot.credential;
  const given = slot.provided?.[variables.password];
  const value = given ?? randomPassword(`${name}-${slot.slot}-password`, slot.generation, parent);
  const userName = passwordUserName(settings.snowflake.user, slot.slot);
  return {
    user: { slot: slot.slot, userName, password: value },
    built: [slot.slot, { [variables.user]: userName, [variables.password]: pulumi.secret(value) }],
  };
}

/** 32 characters from a set that needs no escaping in SQL, a shell, YAML or an env file. */
function randomPassword(name: string, generation: number, parent: pulumi.Resource): pulumi.Output<string> {
  const password = new random.RandomPassword(
    name,
    {
      length: 32,
      overrideSpecial: "-_.+=%",
      minLower: 2,
      minUpper: 2,
      minNumeric: 2,
      minSpecial: 1,
      keepers: { generation: String(generation) },
    },
    { parent },
  );
  return password.result;
}

interface MadeKey {
  readonly slot: SlotName;
  readonly publicKey: pulumi.Input<string>;
  readonly built: Built[number];
}

/** Snowflake keeps two public keys a user, one a slot. The public half of a key that a person put in follows from it. */
function makeKey({ name, settings, parent }: Context, slot: SlotOf<"key-pair">): MadeKey {
  const { user, privateKey } = slot.credential.variables;
  const given = slot.provided?.[privateKey];
  const pair =
    given === undefined
      ? new RsaKeyPair(`${name}-${slot.slot}-key`, { generation: slot.generation }, { parent })
      : { privateKey: given, publicKey: requirePublicKey(given, `${name}, slot ${slot.slot}`) };
  const values = { [user]: serviceUserName(settings.snowflake.user), [privateKey]: pulumi.secret(pair.privateKey) };
  return { slot: slot.slot, publicKey: pair.publicKey, built: [slot.slot, values] };
}

function requirePublicKey(privateKey: string, where: string): string {
  const publicKey = publicKeyOf(privateKey);
  if (publicKey) return publicKey.text;
  throw new Error(
    `The private key that was put in for ${where} is no unencrypted RSA key in PEM form of 2048 bits or more. ` +
      "Put another one in with: npx sophia-secrets import-env",
  );
}

function makeServiceUser({ settings }: Context, keys: readonly MadeKey[]): ServiceUser {
  const { user, networkPolicy } = settings.snowflake;
  const [first, second] = (["a", "b"] as const).map((name) => keys.find(({ slot }) => slot === name)?.publicKey);
  return {
    userName: serviceUserName(user),
    ...(first === undefined ? {} : { rsaPublicKey: first }),
    ...(second === undefined ? {} : { rsaPublicKey2: second }),
    ...(networkPolicy === undefined ? {} : { networkPolicy }),
  };
}

/** A token needs its user with the role, and is removed before either goes. */
function makeToken(
  { name, settings, parent }: Context,
  { slot, generation, provided, credential }: SlotOf<"access-token">,
  users: SnowflakeServiceUser,
): Built[number] {
  const { user, password } = credential.variables;
  const { organizationName, accountName, adminRole, role, user: base } = settings.snowflake;
  const userName = serviceUserName(base);
  const value =
    provided?.[password] ??
    new SnowflakeAccessToken(
      `${name}-${slot}-token`,
      {
        ...{ account: `${organizationName}-${accountName}`, accessUrl: settings.endpoints.snowflake, adminRole },
        ...{ user: userName, role, daysToExpiry: TOKEN_DAYS },
        name: tokenName(settings.stack, name, slot, generation).replaceAll("-", "_").toUpperCase(),
      },
      { parent, dependsOn: [users] },
    ).token;
  return [slot, { [user]: userName, [password]: pulumi.secret(value) }];
}

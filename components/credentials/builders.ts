/** How is each kind of credential made? One builder a kind; a service's name appears in none of them. */
import * as random from "@pulumi/random";
import * as pulumi from "@pulumi/pulumi";
import * as vercel from "@pulumiverse/vercel";
import { type CredentialKind, type SlotName } from "../../services/service";
import { type BuildContext, type SlotMaterial } from "../credential-slots";
import { SnowflakeServiceUser } from "../snowflake-service-user";
import { EstuaryToken } from "./estuary-token";

type Built = [SlotName, SlotMaterial][];

/** The builder of each kind. */
export const builders: { readonly [Kind in CredentialKind]: (context: BuildContext<Kind>) => Built } = {
  "snowflake-password": buildSnowflakePassword,
  "vercel-user-token": buildVercelUserToken,
  "estuary-token": buildEstuaryToken,
  provided: ({ slots }) => slots.flatMap(({ slot, provided }): Built => (provided ? [[slot, provided]] : [])),
};

/** Two users of one role, so that both passwords are alive at once: Snowflake keeps one password a user. */
function buildSnowflakePassword(context: BuildContext<"snowflake-password">): Built {
  const { name, slots, settings, providers, parent, credential } = context;
  const { user, password } = credential.variables;
  const made = slots.map(({ slot, generation, provided }) => ({
    slot,
    userName: slotUserName(settings.snowflake.user, slot),
    password: provided?.[password] ?? randomPassword(`${name}-${slot}-password`, generation, parent),
  }));
  const { role, warehouse, database, schema, manage } = settings.snowflake;
  new SnowflakeServiceUser(
    name,
    { role, warehouse, database, schema, manage, users: made },
    { parent, providers: [providers.snowflake] },
  );
  return made.map(({ slot, userName, password: value }) => [
    slot,
    { [user]: userName, [password]: pulumi.secret(value) },
  ]);
}

/** SOPHIA_SERVICE for slot a, SOPHIA_SERVICE_ALT for slot b. */
export function slotUserName(user: string, slot: SlotName): string {
  return slot === "a" ? user.toUpperCase() : `${user.toUpperCase()}_ALT`;
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

function buildVercelUserToken({
  name,
  slots,
  settings,
  providers,
  parent,
  credential,
}: BuildContext<"vercel-user-token">): Built {
  return slots.map(({ slot, generation, provided }) => {
    const given = provided?.[credential.variables.token];
    const value =
      given === undefined
        ? new vercel.UserToken(
            `${name}-${slot}-token`,
            { name: tokenName(settings.stack, name, slot, generation) },
            { parent, provider: providers.vercel },
          ).bearerToken
        : given;
    return [slot, { [credential.variables.token]: pulumi.secret(value) }];
  });
}

function buildEstuaryToken({
  name,
  slots,
  settings,
  values,
  parent,
  credential,
}: BuildContext<"estuary-token">): Built {
  const { token, url } = credential.variables;
  return slots.map(({ slot, generation, provided }) => {
    const given = provided?.[token];
    const value =
      given === undefined
        ? new EstuaryToken(
            `${name}-${slot}-token`,
            {
              apiUrl: values[url] ?? "",
              serviceAccount: settings.estuary.serviceAccount,
              name: tokenName(settings.stack, name, slot, generation),
              generation,
            },
            { parent },
          ).apiKey
        : given;
    return [slot, { [token]: pulumi.secret(value) }];
  });
}

/** The name under which the vendor lists the token, so that a person and the next run can tell whose it is. */
function tokenName(stack: string, service: string, slot: SlotName, generation: number): string {
  return `sophia-${stack}-${service}-${slot}-${generation}`;
}

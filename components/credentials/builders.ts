/** How is each kind of credential made? One builder a kind; a service's name appears in none of them. */
import * as pulumi from "@pulumi/pulumi";
import * as vercel from "@pulumiverse/vercel";
import { tokenName } from "../../automation/token-name";
import { type CredentialKind, type SlotName } from "../../services/service";
import { type BuildContext, type SlotMaterial } from "../credential-slots";
import { EstuaryToken } from "./estuary-token";
import { buildSnowflakeUser } from "./snowflake-user";

type Built = [SlotName, SlotMaterial][];

/** The builder of each kind. */
export const builders: { readonly [Kind in CredentialKind]: (context: BuildContext<Kind>) => Built } = {
  "snowflake-user": buildSnowflakeUser,
  "vercel-user-token": buildVercelUserToken,
  "estuary-token": buildEstuaryToken,
  provided: ({ slots }) => slots.flatMap(({ slot, provided }): Built => (provided ? [[slot, provided]] : [])),
};

function buildVercelUserToken({ name, slots, settings, providers, parent }: BuildContext<"vercel-user-token">): Built {
  return slots.map(({ slot, generation, provided, credential }) => {
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

function buildEstuaryToken({ name, slots, settings, values, parent }: BuildContext<"estuary-token">): Built {
  return slots.map(({ slot, generation, provided, credential }) => {
    const { token, url } = credential.variables;
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

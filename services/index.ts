/** Which services are there, in which order? One line a service; everything else is derived from this list. */
import { estuary } from "./estuary";
import { github } from "./github";
import { gong } from "./gong";
import { pulumi } from "./pulumi";
import { type Service } from "./service";
import { snowflake } from "./snowflake";
import { vercel } from "./vercel";

const catalogue = [snowflake, gong, vercel, estuary, github, pulumi] as const;

/** The word by which the command line knows a service. */
export type ServiceName = (typeof catalogue)[number]["name"];

/** The name of any declared variable. */
export type VariableName = keyof UnionToIntersection<(typeof catalogue)[number]["variables"]>;

/** Every service, in the order in which they are shown. */
export const services: readonly (Service & { readonly name: ServiceName })[] = catalogue;

type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

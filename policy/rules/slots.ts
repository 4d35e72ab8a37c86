/** Can every credential be replaced while it is in use? It can where it lives in one of two slots, and the two are not the same thing at its service. */
import { services } from "../../services";
import { type Service } from "../../services/service";
import { textOf, type Resource, type Rule } from "../rule";

const SLOTS = "sophia:index:CredentialSlots";

/** What makes a credential, or is one. */
const CREDENTIAL =
  /^(vercel:index\/userToken|snowflake:index\/(legacyServiceUser|userProgrammaticAccessToken)|pulumi-nodejs:dynamic\/credentials):/;

/** `vercel-a-token`, `snowflake-user-b`. */
const SLOT_NAME = /-([ab])(-|$)/;

/** A credential outside of a slot ends the moment its successor begins. */
export const inSlots: Rule = {
  name: "credential-in-a-slot",
  description: "What logs in lives in one of the two slots of its service, so that its successor can live beside it.",
  check: (resource) => {
    if (!CREDENTIAL.test(resource.type)) return [];
    const isInside = parentTypes(resource).includes(SLOTS) && SLOT_NAME.test(resource.name);
    return isInside ? [] : [`${resource.name} is in no slot: make it in a builder of components/credentials.`];
  },
};

/** Both slots can be alive at once. */
export const twoSlots: Rule = {
  name: "credential-has-two-slots",
  description: "Each service that rotates has its slots, and what is in the one is not what is in the other.",
  checkStack: (resources) => [...missingSlots(resources), ...sharedSlots(resources)],
};

function missingSlots(resources: readonly Resource[]): string[] {
  const there = resources.filter(({ type }) => type === SLOTS).map(({ name }) => name);
  return (services as readonly Service[])
    .filter(({ name, rotation }) => rotation && !there.includes(name))
    .map(({ name }) => `${name} rotates and has no slots: make CredentialSlots for it.`);
}

/** Two slots with one user, or one token name, are one credential: to make the new one would end the old. */
function sharedSlots(resources: readonly Resource[]): string[] {
  const inSlots = resources.filter(({ type, name }) => CREDENTIAL.test(type) && SLOT_NAME.test(name));
  return inSlots.flatMap((resource, index) => {
    const identity = textOf(resource, "name").toUpperCase();
    const twin = inSlots.slice(0, index).find((other) => isTwin(other, resource));
    return identity !== "" && twin && textOf(twin, "name").toUpperCase() === identity
      ? [`${twin.name} and ${resource.name} are both ${identity} at their service: the new one would end the old.`]
      : [];
  });
}

/** The same thing in the other slot. */
function isTwin(left: Resource, right: Resource): boolean {
  const place = ({ name }: Resource) => name.replace(SLOT_NAME, "-*$2");
  return left.type === right.type && left.name !== right.name && place(left) === place(right);
}

/** The types of the parents, outermost first. */
function parentTypes({ urn }: Resource): readonly string[] {
  return (urn.split("::")[2] ?? "").split("$").slice(0, -1);
}

/** Which copies at GitHub and Vercel has somebody else written since we did? What is in them nobody knows: neither hands a secret back. */
import { type Session } from "../session";
import { type StackResource } from "../stack-state";
import { githubPlaces, withDestinations } from "../sync/desired";
import { overwrittenNames } from "../sync/overwritten";
import { placeLabel, type Place } from "../sync/questions";
import { githubComponent, VERCEL_COMPONENT } from "../sync/targets";

/** `VARIABLE at PLACE` for each of the variables; `resources` are those of Pulumi's state. Throws where a place cannot be read. */
export async function findOutsideEdits(
  variables: readonly string[],
  session: Pick<Session, "settings" | "intake" | "placeReader">,
  resources: readonly StackResource[],
): Promise<string[]> {
  const { settings } = session;
  const { intake } = await session.intake.require();
  const reader = session.placeReader();
  const places: readonly Place[] = [...githubPlaces(withDestinations(settings, intake.github)), { kind: "vercel" }];
  const edited = places.map(async (place) => {
    const component = place.kind === "vercel" ? VERCEL_COMPONENT : githubComponent(place);
    const names = overwrittenNames(component, await reader.contents(place), resources);
    return names.filter((name) => variables.includes(name)).map((name) => `${name} at ${placeLabel(settings, place)}`);
  });
  return (await Promise.all(edited)).flat();
}

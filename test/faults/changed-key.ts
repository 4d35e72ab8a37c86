/** Does a rotation hold where GitHub takes a new key pair while secrets are on their way that were sealed for the old one? */
import { round } from "./strike";
import { type Scenario } from "./scenario";

/** The repository's key changes just before its n-th secret arrives, which GitHub refuses with 422; the same command again writes it. */
export function changedKey(nth: number): Scenario {
  return (world) => {
    const { github } = world.sandbox;
    const found: string[] = [];
    return round(
      world,
      async () => {
        let isChanged = false;
        const onHit = () => {
          isChanged = true;
          github.rotateKey({ kind: "repository", repository: "sophia" });
        };
        const path = "/repos/payready/sophia/actions/secrets/";
        github.addFault({ method: "PUT", path, nth, effect: { kind: "delay", milliseconds: 0 }, onHit });
        const first = await world.rotate();
        if (!isChanged) found.push("the key was not changed");
        if (first.code !== 4) found.push(`the rotation exits ${first.code} where a secret was refused`);
        return [first, await world.rotate()];
      },
      () => ({ struck: [], missed: [] }),
      () => found,
    );
  };
}

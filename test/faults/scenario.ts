/** What is a scenario? What happens to one rotation and the plain re-run after it, judged like every round; or a sentence on why it cannot be made here. */
import { type RoundResult } from "./strike";
import { type FaultWorld } from "./world";

/** One of them. */
export type Scenario = (world: FaultWorld) => Promise<RoundResult | string>;

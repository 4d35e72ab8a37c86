import { type RoundResult } from "./strike";
import { type Strategy } from "./world";

export async function runScenarios(_: Strategy, _only: string, _note: (result: RoundResult) => void): Promise<void> {}

/** Do programs that run at Vercel read the new credential? Until they do, the one that they were built with must not go. */
import { variablesOf } from "../../services/select";
import { type Redeployment } from "../redeploy";
import { type Participant } from "./participant";

/** The services of which a deployment at Vercel holds a credential that is to go. */
export function deployedAtVercel(participants: readonly Participant[]): Participant[] {
  return participants.filter(({ service, variables }) =>
    variablesOf(service).some(({ name, destinations }) => variables.includes(name) && destinations.includes("vercel")),
  );
}

/** Settles each of the services unless every deployment has come about: what runs there still reads the credential that was to go. */
export function settleUnlessDeployed(participants: readonly Participant[], made: readonly Redeployment[]): void {
  const missing = made.filter(({ outcome }) => outcome === "failed" || outcome === "waiting");
  for (const one of participants) {
    if (missing.length === 0) one.step("drain", describeRedeployments(made));
    else
      one.settle(
        "stopped",
        `Vercel's new deployment did not come about (${describeRedeployments(missing)}), so the ${one.record.phase === "withdrawing" ? "new" : "old"} credential stays for those that run; rotate --resume --redeploy tries again`,
      );
  }
}

/** One sentence. */
export function describeRedeployments(made: readonly Redeployment[]): string {
  return made.map(({ target, detail, url }) => `${target}: ${detail}${url === undefined ? "" : `, ${url}`}`).join("; ");
}

/** Which verbs only look? */
import { Argument } from "commander";
import { offering, serviceWords, type Shared, type Verbs } from "./verb";

/** Declares them. */
export function addInspectionVerbs({ verb, act }: Verbs): void {
  verb("status", "say where each rotation stands", "status").action((o: Shared) =>
    act(o, async (c) => (await import("../commands/status.js")).runStatus(c)),
  );

  verb(
    "doctor",
    "say what keeps this machine and this stack from working",
    "doctor",
    "doctor --stack production",
  ).action((o: Shared) => act(o, async (c) => (await import("../commands/doctor.js")).runDoctorCommand(c)));

  verb("services", "say what the catalogue knows of each service", "services", "services show snowflake")
    .addArgument(new Argument("[action]", "list them, or show some in full").choices(["list", "show"]).default("list"))
    .addArgument(offering(new Argument("[services...]", "for show; none means all"), ["all", ...serviceWords()]))
    .action((action: string, names: string[], o: Shared) =>
      act(o, async (c) => {
        const services = action === "show" && names.length === 0 ? ["all"] : names;
        return (await import("../commands/services.js")).runServices({ services }, c);
      }),
    );

  verb("template", "print an env file to fill in", "template > .env.example").action((o: Shared) =>
    act(o, async (c) => (await import("../commands/template.js")).runTemplate(c)),
  );

  verb("validate", "say which variables consumers lack", "validate", "validate snowflake --json")
    .addArgument(offering(new Argument("[services...]", "which; none means all"), ["all", ...serviceWords()]))
    .action((services: string[], o: Shared) =>
      act(o, async (c) => (await import("../commands/validate.js")).runValidate({ services }, c)),
    );
}

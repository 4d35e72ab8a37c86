/** What does a preview cost before our program asks for anything? The stack's own providers by the Automation API, and not one resource. */
import { systemHttp } from "../../automation/http";
import { Redactor } from "../../automation/redact";
import { Session } from "../../automation/session";

async function main(): Promise<void> {
  const { env: environment } = process;
  const stackName = environment.PULUMI_STACK ?? "development";
  const outside = { http: systemHttp(), now: Date.now, redactor: new Redactor(), signal: new AbortController().signal };
  const { settings } = new Session(stackName, { environment, directory: process.cwd(), ...outside });
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  const program = async () => {
    const [{ createProviders }, random] = await Promise.all([
      import("../../components/providers.js"),
      import("@pulumi/random"),
    ]);
    createProviders(settings, {});
    new random.Provider("random");
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName, projectName: "sophia", program },
    { workDir: process.cwd(), envVars: { PULUMI_SKIP_UPDATE_CHECK: "true" } },
  );
  const { PULUMI_OPTION_CONFIG_FILE: configFile } = environment;
  await stack.preview({ color: "never", ...(configFile === undefined ? {} : { configFile }) });
}

void main();

import { defineService, secret } from "./service";

/** Pulumi Cloud with ESC, the source of truth; its controlling token goes to no destination. */
export const pulumi = defineService({
  name: "pulumi",
  title: "Pulumi ESC",
  owner: "devops",
  description: "Source of truth of every secret",
  docs: "https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/",
  variables: {
    PULUMI_ACCESS_TOKEN: secret({
      description: "Controlling token: reads and writes the stack's ESC environments",
      destinations: [],
    }),
  },
  probe: {
    kind: "http",
    steps: [
      {
        purpose: "read the token's user",
        method: "GET",
        base: { endpoint: "esc" },
        path: ["api", "user"],
        auth: { token: { variable: "PULUMI_ACCESS_TOKEN" } },
      },
    ],
  },
});

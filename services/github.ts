import { defineService, secret } from "./service";

/** GitHub as the place that the controlling token opens; that token goes to no destination. */
export const github = defineService({
  name: "github",
  title: "GitHub",
  owner: "devops",
  description: "Actions secrets and variables of repositories and of the organization",
  docs: "https://docs.github.com/en/rest/actions/secrets",
  variables: {
    GITHUB_TOKEN: secret({
      description: "Controlling token: secrets and variables of the repositories, read and write",
      destinations: [],
    }),
  },
  probe: {
    kind: "http",
    steps: [
      {
        purpose: "read the rate limit of the token",
        method: "GET",
        base: { endpoint: "github" },
        path: ["rate_limit"],
        auth: { bearer: { variable: "GITHUB_TOKEN" } },
      },
    ],
  },
});

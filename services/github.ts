import { defineService, type HttpStep, secret } from "./service";

// https://docs.github.com/en/rest/rate-limit/rate-limit
const RATE_LIMIT: HttpStep<"GITHUB_TOKEN"> = {
  purpose: "read the rate limit of the token",
  ...{ method: "GET", base: { endpoint: "github" }, path: ["rate_limit"] },
  auth: { bearer: { variable: "GITHUB_TOKEN" } },
};

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
    steps: [RATE_LIMIT],
    deep: [
      {
        kind: "rows",
        name: "token",
        // Answers whom it lets in, and counts towards no limit.
        request: RATE_LIMIT,
        rules: [],
      },
      {
        kind: "allowance",
        name: "rate limit",
        remaining: "x-ratelimit-remaining",
        limit: "x-ratelimit-limit",
        published: "https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api",
      },
    ],
  },
});

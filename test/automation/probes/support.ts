/** What do the probe specs share? A context with a recorded sleep, a service of one step, and the planted values. */
import { type HttpDependencies } from "../../../automation/http";
import { type ProbeContext } from "../../../automation/probes/run";
import { type HttpStep, type Service } from "../../../services/service";
import { defineService, plain, secret } from "../../../services/service";

/** Values with everything that is awkward in headers, URLs, JSON, base64 and SQL. */
export const HOSTILE = {
  key: "cAnArY-key \"quoted\" 'single' \\ back\nsecond line, ünïcödé ☃ 𝄞",
  secret: 'cAnArY-secret: ; -- %00 ${x} \r\n\t{"json":1} ü☃',
} as const;

/** The waits that were asked for, in milliseconds, instead of waiting. */
export interface RecordedHttp {
  readonly http: HttpDependencies;
  readonly waits: number[];
}

export function recordedHttp(): RecordedHttp {
  const waits: number[] = [];
  return { waits, http: { fetch, random: () => 0.5, sleep: async (ms) => void waits.push(ms) } };
}

/** A context in which every endpoint is the given address. */
export function contextFor(url: string, options: Partial<ProbeContext> = {}): ProbeContext {
  return {
    endpoints: { esc: url, github: url, vercel: url, snowflake: url },
    http: recordedHttp().http,
    now: () => Date.now(),
    ...options,
  };
}

const things: HttpStep = {
  purpose: "list things",
  method: "GET",
  base: { variable: "ACME_URL" },
  path: ["v1", "things"],
  auth: { bearer: { variable: "ACME_TOKEN" } },
};

/** A made-up service, whose probe can be replaced. */
export function acme(steps: readonly HttpStep[] = [things]): Service {
  const service = defineService({
    name: "acme",
    title: "Acme",
    owner: "nobody",
    description: "made up",
    docs: "https://acme.example/docs",
    variables: {
      ACME_TOKEN: secret({ description: "token" }),
      ACME_KEY: secret({ description: "key" }),
      ACME_SECRET: secret({ description: "secret" }),
      ACME_URL: plain({ description: "address" }),
      ACME_ID: plain({ description: "id" }),
      ACME_REGION: plain({ description: "region", optional: true }),
    },
    rotation: {
      everyDays: 30,
      strategies: { assisted: { kind: "provided", variables: ["ACME_TOKEN"], steps: ["make one"] } },
    },
    probe: { kind: "http", steps: [] },
  });
  return { ...service, probe: { kind: "http", steps } };
}

/** The step that {@link acme} has, with changes. */
export function step(changes: Partial<HttpStep> = {}): HttpStep {
  return { ...things, ...changes };
}

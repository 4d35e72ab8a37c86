/** How do the real clients speak to the ESC stand-in? Their headers, and the few requests that most specs begin with. */
import assert from "node:assert/strict";
import { startEsc, type EscStandIn } from "../../sandbox/esc";

export const TOKEN = "pul-0123456789abcdef";
export const ORGANIZATION = "payready";
export const ENVIRONMENTS = "/api/esc/environments";
export const APP = `${ENVIRONMENTS}/${ORGANIZATION}/sophia/app`;
export const MARK = "hunter2-MARK";

/** The three clients of the provider and the CLI, by the headers that they send. */
export const CLIENT_A = {
  authorization: `token ${TOKEN}`,
  accept: "application/vnd.pulumi+8",
  "content-type": "application/json",
  "user-agent": "provider-pulumiservice/1 (; linux)",
};
export const CLIENT_B = {
  authorization: `token ${TOKEN}`,
  accept: "application/vnd.pulumi+9",
  "x-pulumi-source": "provider",
  "user-agent": "Go-http-client/1.1",
};
export const CLIENT_C = {
  authorization: `token ${TOKEN}`,
  accept: "application/json",
  "x-pulumi-source": "provider",
  "content-type": "application/x-yaml",
};

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

/** A value of an opened environment. */
export interface OpenedValue {
  readonly value?: unknown;
  readonly secret?: boolean;
  readonly unknown?: boolean;
}

/** An opened environment. */
export type Opened = { readonly properties: Record<string, OpenedValue> };

/** A definition with one secret. */
export const secretYaml = `values:\n  password:\n    fn::secret: ${MARK}\n  user: sophia\n`;

/** A stand-in and the requests of a client. */
export interface EscClientUnderTest {
  readonly esc: EscStandIn;
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly make: (path: string, yaml: string) => Promise<void>;
  readonly open: (path: string) => Promise<Opened["properties"]>;
}

/** Starts a stand-in with one known token. */
export async function startEscUnderTest(): Promise<EscClientUnderTest> {
  const esc = await startEsc({ token: TOKEN, organization: ORGANIZATION, userName: "robot" });

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = CLIENT_A,
  ): Promise<Answer> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(esc.url + path, {
      method,
      headers,
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  }

  async function make(path: string, yaml: string): Promise<void> {
    const [project, name] = path.split("/");
    assert.equal((await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}`, { project, name })).status, 200);
    assert.equal((await ask("PATCH", `${ENVIRONMENTS}/${ORGANIZATION}/${path}`, yaml)).status, 200);
  }

  async function open(path: string): Promise<Opened["properties"]> {
    const { id } = (await ask("POST", `${path}/open?duration=2h0m0s`)).json<{ id: string }>();
    const environment = path.replace(/\/versions\/[^/]+$/, "");
    return (await ask("GET", `${environment}/open/${id}`)).json<Opened>().properties;
  }

  return { esc, ask, make, open };
}

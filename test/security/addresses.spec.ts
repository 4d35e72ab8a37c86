/** Can a token be made to travel in clear, to another host, or to another path than it is meant for? */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { AutomationError } from "../../automation/errors";
import { githubSegment } from "../../automation/esc/intake-destinations";
import { isSafeAddress, parseSettings } from "../../automation/settings";
import { readStackFile } from "../../automation/stack-file";
import { estuaryTokenProvider } from "../../components/credentials/estuary-token";
import { TEST_CONFIG, TEST_TOKENS } from "../support/program";

/** Pieces that lead elsewhere in a path or an address, in a file name, in a shell. */
const PIECES = [
  "..",
  ".",
  "/",
  "\\",
  "%2f",
  "%2e",
  "\0",
  "?",
  "#",
  "@",
  ":",
  " ",
  "\n",
  "a",
  "CON",
  "~",
  "$(id)",
  "-",
  "é",
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 3 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""));

function faultOf(run: () => unknown): string {
  try {
    run();
    return "";
  } catch (error) {
    assert.ok(error instanceof AutomationError, String(error));
    assert.equal(error.exitCode, 2);
    return error.message;
  }
}

const settingsOf = (config: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv = {}) =>
  parseSettings("development", (key) => ({ ...TEST_CONFIG, ...config })[key], { ...TEST_TOKENS, ...environment });

describe("P11: a token travels by TLS only", () => {
  const VARIABLES = ["SOPHIA_ESC_URL", "SOPHIA_GITHUB_URL", "SOPHIA_VERCEL_URL", "SOPHIA_SNOWFLAKE_URL"];
  const IN_CLEAR = [
    "http://api.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "ftp://a.b",
  ];

  for (const name of VARIABLES) {
    it(`${name} is refused where somebody on the way could read along`, () => {
      for (const address of [...IN_CLEAR, "https://user:pass@api.example.com", "http://127.0.0.1@example.com"])
        assert.match(
          faultOf(() => settingsOf({}, { [name]: address })),
          new RegExp(`${name} must be an https:// address`),
        );
      assert.equal(
        faultOf(() => settingsOf({}, { [name]: "https://api.example.com" })),
        "",
      );
    });
  }

  it("no address in clear is safe but one of this machine, whatever it is made of", () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.constantFrom("localhost", "127.0.0.1", "127.1", "0x7f.1", "[::1]"),
    );
    fc.assert(
      fc.property(host, fc.nat(65_535), (name, port) => {
        const address = `http://${name}:${port}/`;
        const { hostname } = new URL(address);
        const isOwn = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
        assert.equal(isSafeAddress(address), isOwn, address);
      }),
      { numRuns: 2000 },
    );
  });

  it("NODE_TLS_REJECT_UNAUTHORIZED=0 is refused: Node would take any certificate, and so anybody's", () => {
    const fault = faultOf(() => settingsOf({}, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }));
    assert.match(fault, /NODE_TLS_REJECT_UNAUTHORIZED must not be 0; .*NODE_EXTRA_CA_CERTS/);
    assert.equal(
      faultOf(() => settingsOf({}, { NODE_TLS_REJECT_UNAUTHORIZED: "1" })),
      "",
    );
  });

  it("Estuary's control token does not follow a redirect to another host", async () => {
    const asked: string[] = [];
    const listen = async (answer: (to: string) => readonly [number, Record<string, string>], to = "") => {
      const server = createServer((request, response) => {
        asked.push(`${to === "" ? "other" : "first"} ${request.headers.authorization ?? "no token"}`);
        response.writeHead(...(answer(to) as [number, Record<string, string>])).end();
      });
      await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const other = await listen(() => [200, {}]);
    const first = await listen((to) => [307, { location: to }], `${other.url}/api/graphql`);
    const original = process.env.SOPHIA_ESTUARY_CONTROL_TOKEN;
    process.env.SOPHIA_ESTUARY_CONTROL_TOKEN = "control";
    try {
      const inputs = { serviceAccount: "payready/sophia", name: "n", generation: 1, validFor: "P1D" };
      await assert.rejects(estuaryTokenProvider.create({ ...inputs, apiUrl: first.url }), /HTTP 307/);
      assert.deepEqual(asked, ["first Bearer control"]);
    } finally {
      if (original === undefined) delete process.env.SOPHIA_ESTUARY_CONTROL_TOKEN;
      else process.env.SOPHIA_ESTUARY_CONTROL_TOKEN = original;
      first.server.close();
      other.server.close();
    }
  });
});

describe("P14: a name leads nowhere else", () => {
  const PARTS = [
    ...["organization", "escProject", "githubOwner", "vercelTeam", "vercelProject"].map(
      (key) => [key, (v: string) => v] as const,
    ),
    ...["githubRepositories"].map((key) => [key, (value: string) => [value]] as const),
  ];

  for (const [key, put] of PARTS) {
    it(`sophia:${key} of dots, slashes and what URLs take apart is refused, or is one segment of a path`, () => {
      assert.notEqual(
        faultOf(() => settingsOf({ [key]: put("..") })),
        "",
      );
      fc.assert(
        fc.property(hostile, (name) => {
          if (faultOf(() => settingsOf({ [key]: put(name) })) !== "") return;
          const url = new URL(`https://api.example.com/first/${name.trim()}/last`);
          assert.equal(url.pathname.split("/").length, 4, name);
          assert.deepEqual([url.search, url.hash, url.host], ["", "", "api.example.com"]);
        }),
        { numRuns: 500 },
      );
    });
  }

  it("a repository or GitHub environment that the intake names is one segment of a path, too", () => {
    assert.equal(githubSegment.safeParse("..").success, false);
    fc.assert(
      fc.property(hostile, (name) => {
        if (!githubSegment.safeParse(name).success) return;
        assert.equal(new URL(`https://a.example/x/${name}/y`).pathname, `/x/${name}/y`);
      }),
      { numRuns: 5000 },
    );
  });

  it("--stack ../elsewhere reads no file: only stacks of this folder are known, whatever is typed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sophia-names-"));
    try {
      await writeFile(join(folder, "Pulumi.yaml"), "name: sophia\n");
      await writeFile(join(folder, "Pulumi.development.yaml"), "config:\n  sophia:vercelTeam: team_1\n");
      fc.assert(
        fc.property(hostile, (name) => {
          assert.match(
            faultOf(() => readStackFile(name, folder)),
            /There is no stack /,
          );
        }),
        { numRuns: 500 },
      );
      assert.match(
        faultOf(() => readStackFile("x/../development", folder)),
        /There is no stack /,
      );
      assert.equal(readStackFile("development", folder).read("vercelTeam"), "team_1");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

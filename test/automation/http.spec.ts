/** Is the fetch wrapper patient where it may be and never more? Over real sockets; only the waiting is injected. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { NoAnswerError, retryAfterMs, sendRequest, systemHttp, type HttpRequest } from "../../automation/http";
import { createStandIn, type StandIn } from "../../sandbox/kit/stand-in";

describe("sendRequest", () => {
  let server: StandIn;
  let waits: number[];
  let bodies: string[];
  const send = (request: Partial<HttpRequest> = {}, random = 0.5) =>
    sendRequest(
      { method: "GET", url: `${server.url}/thing`, ...request },
      { ...systemHttp(), random: () => random, sleep: async (milliseconds) => void waits.push(milliseconds) },
    );
  const noAnswer = (action: Promise<unknown>): Promise<NoAnswerError> =>
    action.then(
      () => assert.fail("there was an answer"),
      (error: unknown) => (error instanceof NoAnswerError ? error : assert.fail(String(error))),
    );

  beforeEach(async () => {
    waits = [];
    bodies = [];
    server = await createStandIn({
      name: "thing",
      routes: [
        { method: "GET", path: "/thing", handle: () => ({ status: 200, headers: { "x-kind": "t" }, body: "here" }) },
        {
          method: "POST",
          path: "/thing",
          handle: ({ body, headers }) => {
            bodies.push(`${headers["x-a"] as string} ${body.toString()}`);
            return { status: 201 };
          },
        },
        { method: "GET", path: "/moved", handle: () => ({ status: 302, headers: { location: "/thing" } }) },
      ],
    });
  });
  afterEach(() => server.close());

  it("gives status, headers and text", async () => {
    const { status, headers, text } = await send();
    assert.deepEqual([status, headers.get("x-kind"), text], [200, "t", "here"]);
  });

  it("sends headers and body", async () => {
    assert.equal((await send({ method: "POST", headers: { "x-a": "b" }, body: "{}" })).status, 201);
    assert.deepEqual(bodies, ["b {}"]);
  });

  it("tries once unless it is told otherwise", async () => {
    server.addFault({ effect: { kind: "status", status: 503 } });
    assert.equal((await send()).status, 503);
    assert.equal(server.requests().length, 1);
    assert.deepEqual(waits, []);
  });

  for (const status of [429, 500, 502, 503, 504]) {
    it(`tries ${status} again, as often as it may, and gives the last answer`, async () => {
      server.addFault({ times: 9, effect: { kind: "status", status } });
      assert.equal((await send({ attempts: 3 })).status, status);
      assert.equal(server.requests().length, 3);
      assert.equal(waits.length, 2);
    });
  }

  for (const status of [400, 401, 403, 404, 409, 412]) {
    it(`does not try ${status} again`, async () => {
      server.addFault({ effect: { kind: "status", status } });
      assert.equal((await send({ attempts: 3 })).status, status);
      assert.equal(server.requests().length, 1);
    });
  }

  it("tries a broken connection and a body cut short again, and ends with the first answer", async () => {
    server.addFault({ nth: 1, effect: { kind: "reset" } });
    server.addFault({ nth: 2, effect: { kind: "cut-body" } });
    assert.equal((await send({ attempts: 5 })).text, "here");
    assert.equal(server.requests().length, 3);
    assert.equal(waits.length, 2);
  });

  it("doubles the wait each time, with jitter of half to one and a half, and waits half a minute at most", async () => {
    server.addFault({ times: 40, effect: { kind: "status", status: 503 } });
    await send({ attempts: 4 }, 0.5);
    await send({ attempts: 2 }, 0);
    await send({ attempts: 2 }, 0.999);
    assert.deepEqual(waits.map(Math.round), [250, 500, 1000, 125, 375]);
    waits = [];
    await send({ attempts: 12 }, 0.5);
    assert.equal(waits.at(-1), 30_000);
  });

  it("waits as long as Retry-After says, in seconds or until a date, and half a minute at most", async () => {
    const fault = (nth: number, after: string) =>
      server.addFault({ nth, effect: { kind: "status", status: 429, headers: { "retry-after": after } } });
    fault(1, "7");
    fault(2, "0");
    fault(3, "3600");
    fault(4, "soon");
    fault(5, new Date(Date.now() + 9_500).toUTCString());
    await send({ attempts: 6 });
    assert.deepEqual(waits.slice(0, 4), [7000, 0, 30_000, 2000]);
    assert.ok((waits[4] ?? 0) > 7_000 && (waits[4] ?? 0) < 9_600, String(waits[4]));
  });

  it("gives no answer's reason and address, never the path, the headers or the body", async () => {
    const { url } = server;
    await server.close();
    const error = await noAnswer(
      send({ method: "POST", url: `${url}/secret-path?key=hush`, headers: { authorization: "hush" }, body: "hush" }),
    );
    assert.equal(error.message, `POST ${url}: no answer (ECONNREFUSED)`);
    assert.equal(error.reason, "ECONNREFUSED");
    assert.ok(!`${error.stack}`.includes("hush"));
  });

  it("ends an attempt at its deadline, the body's arrival included", async () => {
    server.addFault({ effect: { kind: "delay", milliseconds: 2000 } });
    assert.equal((await noAnswer(send({ timeoutMs: 50 }))).reason, "timeout");
  });

  it("stops at once when the signal fires, without another attempt", async () => {
    server.addFault({ effect: { kind: "delay", milliseconds: 2000 } });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 40);
    assert.equal((await noAnswer(send({ attempts: 5, signal: controller.signal }))).reason, "AbortError");
    assert.equal(server.requests().length, 1);
    assert.deepEqual(waits, []);
  });

  it("does not follow a redirect, whose host must not get the credential", async () => {
    assert.equal((await send({ url: `${server.url}/moved`, attempts: 3 })).status, 302);
    assert.equal(server.requests().length, 1);
  });

  it("reaches loopback directly whatever proxy is named, so that no token leaves the machine in clear", async () => {
    const proxy = await createStandIn({ name: "proxy", routes: [] });
    const http = systemHttp({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
    try {
      assert.equal((await sendRequest({ method: "GET", url: `${server.url}/thing` }, http)).text, "here");
      assert.deepEqual(proxy.requests(), []);
    } finally {
      await proxy.close();
    }
  });

  it("takes the proxy of http for nothing that is https, as curl and Pulumi's plugins do", async () => {
    const asked: string[] = [];
    const proxy = createServer().on("connect", ({ url = "" }, socket) => {
      asked.push(url);
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const ask = (environment: NodeJS.ProcessEnv) =>
      noAnswer(sendRequest({ method: "GET", url: "https://nowhere.invalid/" }, systemHttp(environment)));
    try {
      await ask({ HTTP_PROXY: url });
      assert.deepEqual(asked, []);
      await ask({ HTTPS_PROXY: url });
      assert.deepEqual(asked, ["nowhere.invalid:443"]);
    } finally {
      proxy.close();
    }
  });

  it("takes neither a bad address nor a bad header for anything but no answer, and does not quote them", async () => {
    assert.equal((await noAnswer(send({ url: "not a url hush" }))).origin, "an address that is not a URL");
    const error = await noAnswer(send({ headers: { authorization: "token hu\nsh" } }));
    assert.equal(error.message, `GET ${server.url}: no answer (TypeError)`);
  });
});

describe("retryAfterMs", () => {
  const of = (text?: string) => retryAfterMs(new Headers(text === undefined ? {} : { "retry-after": text }), 1000);

  it("reads seconds and dates, and nothing else", () => {
    assert.equal(of("12"), 12_000);
    assert.equal(of("Thu, 01 Jan 1970 00:00:05 GMT"), 4000);
    assert.equal(of("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    for (const text of [undefined, "", "-1", "1.5", "soon", "2026"]) assert.notEqual(of(text), 0, text);
    for (const text of [undefined, "", "-1", "1.5", "soon"]) assert.equal(of(text), undefined, text);
  });
});

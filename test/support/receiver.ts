/** What does somebody on loopback receive, who answers as he is told? For specs of what we send. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo } from "node:net";

/** One request that came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers the requests in turn; the last answer goes for all that follow. */
export interface Receiver {
  /** No slash at the end. */
  readonly url: string;
  readonly received: Received[];
  answers: readonly {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }[];
  close(): Promise<void>;
}

/** Starts one on a free port of loopback. */
export async function startReceiver(): Promise<Receiver> {
  const receiver: Omit<Receiver, "url" | "close"> = { received: [], answers: [{ status: 200 }] };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const answer = receiver.answers[Math.min(receiver.received.length, receiver.answers.length - 1)];
      receiver.received.push({ method, path, headers, body });
      response.writeHead(answer?.status ?? 200, answer?.headers ?? {}).end(answer?.body ?? "");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}

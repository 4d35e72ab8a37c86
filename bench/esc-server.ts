/** How long does the ESC stand-in itself take? It runs in this process and counts the time in which it is at work. */
import { subscribe } from "node:diagnostics_channel";
import { startEsc } from "../sandbox/esc";
import { type EscAnswer, type EscQuestion } from "./esc-process";

const [token = "", organization = ""] = process.argv.slice(2);
const counted = { calls: 0, active: 0, since: 0, busyMs: 0 };

// From the request's head to the last byte of the answer: https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html#http
subscribe("http.server.request.start", () => {
  if (counted.active === 0) counted.since = performance.now();
  counted.active += 1;
  counted.calls += 1;
});
subscribe("http.server.response.finish", () => {
  counted.active -= 1;
  if (counted.active === 0) counted.busyMs += performance.now() - counted.since;
});

async function serve(): Promise<void> {
  const esc = await startEsc({ token, organization });
  const answers: Readonly<Record<EscQuestion["ask"], (question: EscQuestion) => EscAnswer["value"]>> = {
    start: () => void Object.assign(counted, { calls: 0, busyMs: 0 }),
    stop: () => ({ calls: counted.calls, serviceMs: counted.busyMs }),
    values: ({ environment = "" }) => esc.openValues("sophia", environment),
    revisions: ({ environment = "" }) => esc.revisions("sophia", environment).length,
    edit: ({ environment = "", yaml = "" }) => void esc.edit("sophia", environment, yaml),
  };
  process.on("message", (question: EscQuestion) => {
    process.send?.({ id: question.id, value: answers[question.ask](question) } satisfies EscAnswer);
  });
  process.on("disconnect", () => void esc.close());
  process.send?.({ id: 0, value: esc.url } satisfies EscAnswer);
}

void serve();

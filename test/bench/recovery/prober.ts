/**
 * Asks every endpoint again and again, as the public does: in a process of its own, on a new connection each time, and never waiting for
 * one answer before it asks the next. Any message ends the asking.
 */
import { request } from "node:http";
import type { Probe, ProbePlan, ProberMessage } from "./probe.ts";

const { urls, interval, answer } = JSON.parse(process.argv[2] ?? "") as ProbePlan;
const send = (message: ProberMessage) => void process.send?.(message);

function ask(url: string): Promise<Probe> {
  const at = Date.now();
  return new Promise((resolve) => {
    const end = (problem?: string) => resolve({ url, at, ...(problem !== undefined && { problem }) });
    request(url, { agent: false, signal: AbortSignal.timeout(answer) }, (response) => {
      const { statusCode: status = 0 } = response;
      response.resume();
      response.once("error", (error) => end(error.message));
      response.once("end", () => end(status >= 200 && status <= 299 ? undefined : `answered ${status}`));
    })
      .once("error", (error) =>
        end(error.name === "AbortError" ? `no answer within ${answer} ms` : error.message),
      )
      .end();
  });
}

const asked: Promise<Probe>[] = [];
const timer = setInterval(() => asked.push(...urls.map(ask)), interval);
process.once("message", () => {
  clearInterval(timer);
  void Promise.all(asked).then((probes) => send({ probes }));
});
process.once("disconnect", () => process.exit());
send({ probing: true });

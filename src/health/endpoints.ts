import { setTimeout as sleep } from "node:timers/promises";

/** One endpoint's last answer. */
export interface EndpointAnswer {
  url: string;
  /** HTTP status; absent when nothing answered. */
  status?: number;
  /** Milliseconds until the answer. */
  milliseconds: number;
  /** What went wrong, in a few words. */
  problem?: string;
}

export interface Watch {
  /** Milliseconds within which every endpoint must answer 2xx. */
  timeout: number;
  /** Milliseconds for which they must then stay so. */
  window: number;
  /** Milliseconds between two looks; default 500. */
  interval?: number;
  /** Milliseconds for one answer; default 5 s, or the time-out if that is shorter. */
  answer?: number;
  signal?: AbortSignal;
}

/** Fails closed: only `pass` is healthy. */
export interface EndpointVerdict {
  pass: boolean;
  answers: EndpointAnswer[];
}

async function ask(url: string, timeout: number): Promise<EndpointAnswer> {
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeout) });
    await response.body?.cancel();
    const at = { url, status: response.status, milliseconds: since() };
    return response.ok ? at : { ...at, problem: `answered ${response.status}` };
  } catch (thrown) {
    const timedOut = thrown instanceof Error && thrown.name === "TimeoutError";
    const cause =
      thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause.message : String(thrown);
    return {
      url,
      milliseconds: since(),
      problem: timedOut ? `no answer within ${timeout / 1000} s` : cause || "no answer",
    };
  }
}

/**
 * Waits until every endpoint answers 2xx, then watches them over the window. The first bad answer within the window fails; no
 * endpoint at all fails too, because nothing would have been measured.
 */
export async function watchEndpoints(urls: readonly string[], watch: Watch): Promise<EndpointVerdict> {
  if (urls.length === 0) return { pass: false, answers: [] };
  const interval = watch.interval ?? 500;
  const look = () => Promise.all(urls.map((url) => ask(url, watch.answer ?? Math.min(5_000, watch.timeout))));
  const healthy = (answers: EndpointAnswer[]) => answers.every((a) => a.problem === undefined);
  const deadline = performance.now() + watch.timeout;
  let answers = await look();
  while (!healthy(answers) && performance.now() < deadline) {
    await sleep(interval, undefined, { signal: watch.signal });
    answers = await look();
  }
  const end = performance.now() + watch.window;
  while (healthy(answers) && performance.now() < end) {
    await sleep(Math.min(interval, Math.max(1, end - performance.now())), undefined, {
      signal: watch.signal,
    });
    answers = await look();
  }
  return { pass: healthy(answers), answers };
}

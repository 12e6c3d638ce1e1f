/** Asks every server again and again whether it is healthy. */
import { request } from "node:http";
import type { Loopback } from "../../engine/loopback.ts";
import type { HttpCheck } from "../config/model.ts";
import type { CheckResult } from "./check-result.ts";
import type { Target } from "./target.ts";

/** The check of one server, from its making until `stop`. */
export class Checker {
  private readonly target: Target;
  private readonly check: HttpCheck | undefined;
  private readonly timeout: number;
  private readonly loopback: Loopback;
  private timer: NodeJS.Timeout;
  private stopped = false;

  /**
   * @param check absent: a connection is enough
   * @param timeout milliseconds
   * @param delay milliseconds before the first check: those of many servers are spread
   */
  constructor(
    target: Target,
    check: HttpCheck | undefined,
    timeout: number,
    delay: number,
    loopback: Loopback,
  ) {
    this.target = target;
    this.check = check;
    this.timeout = timeout;
    this.loopback = loopback;
    this.timer = setTimeout(() => void this.run(), delay);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    const { target } = this;
    if (target.watched) {
      target.checking = true;
      const result = await probe(target.config.port, this.check, this.timeout, this.loopback);
      target.checking = false;
      if (this.stopped) return;
      // It may have been sent into maintenance meanwhile.
      if (target.watched) target.judge(result);
    }
    this.timer = setTimeout(() => void this.run(), target.checkPause);
  }
}

/** Asks once. */
export function probe(
  port: number,
  check: HttpCheck | undefined,
  timeout: number,
  loopback: Loopback,
): Promise<CheckResult> {
  const start = performance.now();
  const result = (status: CheckResult["status"], code?: number, info = ""): CheckResult => {
    return { status, code, info, duration: Math.round(performance.now() - start) };
  };
  const socket = loopback.connect(port);
  if (!socket) return Promise.resolve(result("L4CON", undefined, "Connection refused"));
  if (!check) {
    socket.destroy();
    return Promise.resolve(result("L7OK"));
  }
  return new Promise((resolve) => {
    const { method, path, headers } = check;
    const asking = request({
      createConnection: () => socket,
      method,
      path,
      headers: headers.flat(),
      setHost: false,
    });
    const settle = (found: CheckResult) => {
      clearTimeout(timer);
      asking.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => settle(result("L7TOUT")), timeout);
    asking.on("error", () => settle(result("L7RSP")));
    asking.on("response", ({ statusCode = 0, statusMessage = "" }) => {
      const [from, to] = check.expect;
      const passed = statusCode >= from && statusCode <= to;
      settle(passed ? result("L7OK", statusCode) : result("L7STS", statusCode, statusMessage));
    });
    asking.end();
  });
}

/** One health check of one droplet. */
import { request } from "node:http";
import { connect } from "node:net";
import type { HealthCheck } from "./plan.ts";

/** @param timeout milliseconds */
export function passes(
  address: string,
  check: HealthCheck,
  timeout: number,
  outer: AbortSignal,
): Promise<boolean> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(timeout)]);
  return check.protocol === "tcp"
    ? connects(address, check.port, signal)
    : answers(address, check.port, check.path, signal);
}

function connects(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const settle = (passed: boolean) => {
      socket.destroy();
      resolve(passed);
    };
    socket.once("connect", () => settle(true));
    socket.on("error", () => settle(false));
  });
}

function answers(host: string, port: number, path: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ host, port, path, signal, agent: false }, ({ statusCode = 0 }) => {
      asking.destroy();
      // Redirections count as healthy there.
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asking.on("error", () => resolve(false));
    asking.end();
  });
}

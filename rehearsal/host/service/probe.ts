/** The health checks that a simulated host can run. */
import type { ProbeResult } from "../engine/health.ts";
import type { ServiceProcess } from "./service-process.ts";

/** Runs a health check's `test` in a container. Tests that are unknown here fail and say so. */
export async function runProbe(
  test: readonly string[],
  process: ServiceProcess | undefined,
  port: number | undefined,
): Promise<ProbeResult> {
  const [program, ...words] = commandOf(test);
  if (program === "/app/serve" && words.join(" ") === "--health") return askHealth(process, port);
  if (program === "pg_isready" || program === "/usr/bin/pg_isready") return askStarted(process);
  return { exitCode: 126, output: `the simulated host cannot run the health check ${JSON.stringify(test)}` };
}

function commandOf(test: readonly string[]): readonly string[] {
  const [form, ...words] = test;
  return form === "CMD-SHELL" ? words.join(" ").trim().split(/\s+/) : words;
}

async function askHealth(
  process: ServiceProcess | undefined,
  port: number | undefined,
): Promise<ProbeResult> {
  if (!process || port === undefined || !process.listensOn(port)) {
    return { exitCode: 1, output: "GET /healthz: connection refused" };
  }
  const { status } = await process.handle({ method: "GET", path: "/healthz" });
  return { exitCode: status >= 200 && status < 300 ? 0 : 1, output: `GET /healthz: ${status}` };
}

function askStarted(process: ServiceProcess | undefined): ProbeResult {
  return process?.started
    ? { exitCode: 0, output: "/var/run/postgresql:5432 - accepting connections\n" }
    : { exitCode: 2, output: "/var/run/postgresql:5432 - no response\n" };
}

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { HostAddress } from "../hosts/ssh.ts";

/** Hosts as a stack exports them. */
export const hostsSchema = z.array(
  z.object({
    name: z.string(),
    address: z.string(),
    port: z.number(),
    user: z.string(),
    hostKey: z.string(),
  }),
);

const schema = z.object({ app: z.string(), hosts: hostsSchema });

/** How to reach the hosts of an environment. Nothing of it is secret. */
export interface KnownHosts {
  app: string;
  hosts: HostAddress[];
}

const place = (workDirectory: string, environment: string) =>
  join(workDirectory, ".liftlock", `hosts.${environment}.json`);

/** Keeps what a stack exports of its hosts, for when there is no time to ask an engine. Best effort. */
export function rememberHosts(workDirectory: string, environment: string, known: KnownHosts): void {
  const file = place(workDirectory, environment);
  const text = `${JSON.stringify(schema.parse(known), null, 2)}\n`;
  try {
    if (existsSync(file) && readFileSync(file, "utf8") === text) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A checkout that cannot be written to costs the emergency way back a second, and nothing else.
  }
}

/** What was kept last; nothing when there is none that can be read. */
export function recallHosts(workDirectory: string, environment: string): KnownHosts | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(place(workDirectory, environment), "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

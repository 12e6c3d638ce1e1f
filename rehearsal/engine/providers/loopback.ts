// A rehearsal never reaches a real cloud: whatever it talks to is on this machine.
import { isIP } from "node:net";
import { EngineError } from "../failure.ts";

/** Whether a host name is this very machine. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/** Whether an address can only be this machine or a network of its own: containers of a rehearsal live there. */
export function isLocalAddress(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (isLoopbackHost(bare)) return true;
  if (isIP(bare) === 6) return /^f[cd]|^fe80/.test(bare);
  const [a = 0, b = 0] = bare.split(".").map(Number);
  return (
    isIP(bare) === 4 &&
    (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254))
  );
}

/**
 * The base URL of an API, proven to be on this machine.
 * @throws EngineError `not-loopback` when it is absent or anywhere else.
 */
export function verifyLoopback(url: string | undefined, variable: string): URL {
  const refuse = (found: string) =>
    new EngineError(
      "not-loopback",
      `the rehearsal engine talks to this machine only: ${variable} must be a loopback URL, ${found}`,
    );
  if (!url) throw refuse("but it is not set");
  if (!URL.canParse(url)) throw refuse(`not '${url}'`);
  const parsed = new URL(url);
  const isHttp = parsed.protocol === "http:" || parsed.protocol === "https:";
  if (!isHttp || !isLoopbackHost(parsed.hostname)) throw refuse(`not '${url}'`);
  return parsed;
}

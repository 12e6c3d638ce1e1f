/** Published ports as compose files write them. */
import type { PortBinding } from "../engine/ports.ts";
import { isMapping } from "./schema.ts";

/**
 * Reads `host:container`, `address:host:container` (both with `/tcp`, and ranges of equal length), a container's port
 * alone, which is not published at a fixed place and so left out, or the long form. Nothing for anything else.
 */
export function parsePort(value: unknown): PortBinding[] | undefined {
  if (isMapping(value)) {
    const { target, published, host_ip } = value;
    if (published === undefined) return [];
    if (!isScalar(published) || !isScalar(target)) return undefined;
    return binding(typeof host_ip === "string" ? host_ip : "", String(published), String(target));
  }
  const [text = "", protocol = "tcp"] = String(value).split("/");
  if (protocol !== "tcp") return undefined;
  const parts = text.split(":");
  const container = parts.pop() ?? "";
  const host = parts.pop();
  if (host === undefined) return range(container) ? [] : undefined;
  return binding(parts.join(":"), host, container);
}

function binding(hostAddress: string, host: string, container: string): PortBinding[] | undefined {
  const from = range(host);
  const to = range(container);
  if (!from || !to || from.length !== to.length) return undefined;
  if (!/^(\d{1,3}(\.\d{1,3}){3})?$/.test(hostAddress) && hostAddress !== "[::]") return undefined;
  return from.map((hostPort, index) => ({
    hostAddress: hostAddress === "[::]" ? "" : hostAddress,
    hostPort,
    containerPort: to[index] ?? 0,
  }));
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function range(text: string): number[] | undefined {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (!(from >= 1 && to >= from && to <= 65_535)) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

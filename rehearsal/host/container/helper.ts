/**
 * Short-lived containers beside a host, in its network: what happens to a host's network happens from outside. (Running something *in* the
 * host is no way: on machines with both kinds of control groups engines fail at that once a host's own containers run.)
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { DockerApi } from "./docker-api.ts";
import { ContainerFailure } from "./failure.ts";
import { hostImage } from "./image.ts";
import type { Labels } from "./labels.ts";

const created = z.object({ Id: z.string() });
const ended = z.object({ StatusCode: z.number() });

/** The container whose network is changed. */
export interface Beside {
  container: string;
  labels: Labels;
}

/** A fixed script for `/bin/sh`, and its arguments. */
export interface HelperScript {
  script: string;
  arguments: readonly string[];
}

/** Starts a helper that goes on until it is removed. @returns its number at the engine */
export async function startHelper(
  api: DockerApi,
  { container, labels }: Beside,
  { script, arguments: values }: HelperScript,
): Promise<string> {
  const { Id } = await api.read(created, {
    method: "POST",
    path: "/containers/create",
    json: {
      Image: hostImage,
      Entrypoint: ["/bin/sh", "-euc", script, "helper", ...values],
      Labels: labels,
      HostConfig: {
        NetworkMode: `container:${container}`,
        CapAdd: ["NET_ADMIN"],
        // `/proc/sys` of the host's network is written, too.
        MaskedPaths: [],
        ReadonlyPaths: [],
        SecurityOpt: ["apparmor=unconfined"],
        Devices: [{ PathOnHost: "/dev/net/tun", PathInContainer: "/dev/net/tun", CgroupPermissions: "rwm" }],
        ReadonlyRootfs: true,
      },
    },
  });
  await api.ask({ method: "POST", path: `/containers/${Id}/start` });
  return Id;
}

/** Ends a helper. */
export async function removeHelper(api: DockerApi, id: string): Promise<void> {
  await api.ask({ method: "DELETE", path: `/containers/${id}?force=1`, also: [404, 409] });
}

/** What a container has written; the engine puts eight bytes before every piece. */
async function outputOf(api: DockerApi, id: string): Promise<string> {
  const { bytes } = await api.ask({ method: "GET", path: `/containers/${id}/logs?stdout=1&stderr=1` });
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    pieces.push(bytes.subarray(at + 8, end).toString());
    at = end;
  }
  return pieces.join("");
}

const state = z.object({ State: z.object({ Running: z.boolean() }) });

/** Waits until a helper has written something. @throws ContainerFailure `LinkUnchangeable` when it ends without, or has not within 20 s */
export async function untilSaid(api: DockerApi, id: string, wanted: string): Promise<void> {
  let said = "";
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
    const { State } = await api.read(state, { method: "GET", path: `/containers/${id}/json` });
    said = await outputOf(api, id);
    if (said.includes(wanted)) return;
    if (!State.Running) break;
  }
  throw new ContainerFailure("LinkUnchangeable", `a host's network could not be changed: ${said.trim()}`);
}

/** Runs a script to its end. @throws ContainerFailure `LinkUnchangeable` when it does not end with 0 */
export async function runHelper(api: DockerApi, beside: Beside, script: HelperScript): Promise<void> {
  const id = await startHelper(api, beside, script);
  try {
    const { StatusCode } = await api.read(ended, { method: "POST", path: `/containers/${id}/wait` });
    if (StatusCode === 0) return;
    throw new ContainerFailure(
      "LinkUnchangeable",
      `a host's network could not be changed (${StatusCode}): ${(await outputOf(api, id)).trim()}`,
    );
  } finally {
    await removeHelper(api, id);
  }
}

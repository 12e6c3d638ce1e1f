/** An imitated account for a test, and requests to it. */
import { onTestFinished, vi } from "vitest";
import {
  type DigitalOcean,
  type DigitalOceanOptions,
  startDigitalOcean,
} from "../../../rehearsal/digitalocean/server.ts";
import { Faults } from "../../../rehearsal/faults/faults.ts";
import { FakePlatform } from "./fake-platform.ts";

/** JSON as it came: what is in it is what the tests say. */
type Json = ReturnType<typeof JSON.parse>;

export interface Answered {
  status: number;
  headers: Headers;
  body: Record<string, Json>;
}

export interface Account extends DigitalOcean {
  platform: FakePlatform;
  faults: Faults;
  /** Asks with a path below `/v2`. */
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
  /** Waits until the action is over and returns its status. */
  finished(action: number): Promise<string>;
}

export async function start(options: Partial<DigitalOceanOptions> = {}): Promise<Account> {
  const platform = new FakePlatform();
  const faults = new Faults();
  const cloud = await startDigitalOcean({ token: "secret", platform, faults, ...options });
  onTestFinished(() => cloud.close());
  const ask = async (method: string, path: string, body?: unknown): Promise<Answered> => {
    const headers = { authorization: "Bearer secret", "content-type": "application/json" };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${cloud.url}/v2${path}`, { method, headers, ...given });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? {} : JSON.parse(text) };
  };
  const finished = (action: number) =>
    vi.waitUntil(
      () => {
        const status = cloud.state.actions.get(action)?.status;
        return status === "in-progress" ? undefined : status;
      },
      { timeout: 15_000 },
    );
  return { ...cloud, platform, faults, ask, finished };
}

/** An ed25519 public key in OpenSSH form; `seed` makes it another. */
export function publicKey(seed = 1): string {
  const length = (bytes: number) => Buffer.from([0, 0, 0, bytes]);
  const blob = Buffer.concat([length(11), Buffer.from("ssh-ed25519"), length(32), Buffer.alloc(32, seed)]);
  return `ssh-ed25519 ${blob.toString("base64")} someone@example.com`;
}

export const wanted = { name: "web-1", region: "fra1", size: "s-1vcpu-1gb", image: "ubuntu-24-04-x64" };

/** Creates a droplet and waits until it has booted; returns its number. */
export async function droplet(account: Account, more: object = {}): Promise<number> {
  const { body } = await account.ask("POST", "/droplets", { ...wanted, ...more });
  await account.finished(Number(body.links?.actions[0]?.id));
  return Number(body.droplet?.id);
}

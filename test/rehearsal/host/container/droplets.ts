/** Hosts that are containers, for a file of tests, and how to ask them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ContainerHost } from "../../../../rehearsal/host/container/container-host.ts";
import { ContainerHosts } from "../../../../rehearsal/host/container/container-hosts.ts";
import { newKeyPair, publicKeyOf } from "../../../../rehearsal/host/ssh/keys.ts";
import { type Ran, run } from "../ssh.ts";

const key = newKeyPair();

export class Droplets implements AsyncDisposable {
  readonly platform: ContainerHosts;
  readonly directory: string;
  private last = 1000;

  private constructor(platform: ContainerHosts, directory: string) {
    this.platform = platform;
    this.directory = directory;
  }

  static async start(): Promise<Droplets> {
    const directory = mkdtempSync(join(tmpdir(), "liftlock-containers-"));
    return new Droplets(await ContainerHosts.start({ directory: join(directory, "hosts") }), directory);
  }

  /** Boots a droplet with the user `deploy`. */
  async boot(name: string, hostKey = newKeyPair()): Promise<ContainerHost> {
    this.last += 1;
    const document = {
      hostname: name,
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: hostKey.private, ed25519_public: publicKeyOf(hostKey.private) },
      users: [{ name: "deploy", groups: ["docker"], shell: "/bin/bash", ssh_authorized_keys: [key.public] }],
      write_files: [{ path: "/etc/written", content: "by user data\n" }],
      package_update: true,
      packages: ["docker.io", "haproxy", "socat"],
      runcmd: [["touch", "/run/commanded"]],
    };
    await this.platform.boot({
      id: this.last,
      name,
      address: this.platform.allocateAddress("droplet"),
      userData: `#cloud-config\n${stringify(document, { lineWidth: 0 })}`,
      sshKeys: [key.public],
      tags: [],
    });
    return this.platform.host(name);
  }

  /** Runs a command on a host; by default as the user who deploys. */
  ask(host: ContainerHost, command: string, user = "deploy", address = host.droplet.address): Promise<Ran> {
    return run({ address, port: 22, user, privateKey: key.private }, command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Milliseconds until a connection is open; rejects when it is not within `patience`. */
export function connectTime(address: string, port = 22, patience = 1500): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    socket
      .setTimeout(patience, () => socket.destroy(new NoConnection()))
      .once("connect", () => {
        socket.destroy();
        resolve(performance.now() - start);
      })
      .once("error", reject);
  });
}

/** Nothing answered in time. */
export class NoConnection extends Error {
  override name = "NoConnection";
}

const output = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8" });

const lines = (text: string, ...parts: readonly string[]) =>
  text.split("\n").filter((line) => parts.some((part) => line.includes(part)));

/** What this machine has of a world: addresses, firewall rules, mounts and loop devices. Other worlds may come and go meanwhile. */
export class Traces {
  private readonly subnet: string;
  private readonly bridge: string;
  private readonly directory: string;

  constructor(platform: ContainerHosts, directory: string) {
    this.subnet = platform.gateway.replace(/\d+$/, "");
    this.bridge =
      lines(output("ip", "-oneline", "address"), `${platform.gateway}/`)[0]?.split(/\s+/)[1] ?? "";
    this.directory = directory;
  }

  find(): Record<"network" | "firewall" | "mounts" | "loops", string[]> {
    return {
      network: lines(output("ip", "-oneline", "address"), this.subnet, this.bridge),
      firewall: lines(output("iptables-save"), this.subnet, this.bridge),
      mounts: lines(readFileSync("/proc/self/mounts", "utf8"), this.directory),
      loops: lines(output("losetup", "--list", "--noheadings", "--output", "BACK-FILE"), this.directory),
    };
  }
}

/** What all of this machine's traffic depends on. */
export const forwarding = () => [
  readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
  lines(output("iptables", "--list-rules"), "-P "),
];

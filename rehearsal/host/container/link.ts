/** A host's connection to the network: its addresses, whether anything gets through, and how fast. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DockerApi } from "./docker-api.ts";
import { type Beside, type HelperScript, removeHelper, runHelper, startHelper, untilSaid } from "./helper.ts";

/** The engine names a host's first network so. */
const device = "eth0";

/** Tells the neighbours at once: they may remember that the address was another host's. */
const assign = (address: string): HelperScript => ({
  script: 'ip address replace "$2/32" dev "$1"; busybox arping -q -U -c 1 -w 1 -I "$1" "$2" || :',
  arguments: [device, address],
});

const unassign = (address: string): HelperScript => ({
  script: 'ip address delete "$2/32" dev "$1"',
  arguments: [device, address],
});

/** Tables that no container engine uses; what is forwarded to and from the host's own containers is cut off as well. */
const cut: HelperScript = {
  script:
    'iptables --table raw --insert PREROUTING --in-interface "$1" --jump DROP; iptables --table mangle --insert POSTROUTING --out-interface "$1" --jump DROP',
  arguments: [device],
};

const mend: HelperScript = {
  script:
    'iptables --table raw --delete PREROUTING --in-interface "$1" --jump DROP; iptables --table mangle --delete POSTROUTING --out-interface "$1" --jump DROP',
  arguments: [device],
};

const delayProgram = readFileSync(join(import.meta.dirname, "delay.py"), "utf8");

/** What it says when it is at work. */
const delaying = "delaying";

const delay = (network: string, milliseconds: number): HelperScript => ({
  script: 'exec python3 -c "$1" "$2" "$3" "$4"',
  arguments: [delayProgram, device, network, String(milliseconds)],
});

export class Link {
  private readonly api: DockerApi;
  private readonly beside: Beside;
  /** For instance `10.77.3.0/24`. */
  private readonly network: string;
  private readonly addresses = new Set<string>();
  private dropping = false;
  private on = true;
  /** Milliseconds for which what leaves is held back; 0: none. */
  private held = 0;
  private holder: string | undefined;

  constructor(api: DockerApi, beside: Beside, network: string) {
    this.api = api;
    this.beside = beside;
    this.network = network;
  }

  get isCut(): boolean {
    return this.dropping;
  }

  /** Packets are dropped, both ways, without a word. Connections that are open stay so until somebody gives up. */
  async cut(): Promise<void> {
    if (this.dropping) return;
    this.dropping = true;
    await this.change(cut);
  }

  async mend(): Promise<void> {
    if (!this.dropping) return;
    this.dropping = false;
    await this.change(mend);
  }

  /** Gives the host another address. */
  async assign(address: string): Promise<void> {
    this.addresses.add(address);
    await this.change(assign(address));
  }

  async unassign(address: string): Promise<void> {
    if (this.addresses.delete(address)) await this.change(unassign(address));
  }

  /**
   * Makes every round trip this much longer for each way. What leaves is held back for both: nobody can tell, but for how late
   * something arrives that is not answered. 0 ends it.
   */
  async slow(milliseconds: number): Promise<void> {
    this.held = 2 * milliseconds;
    if (this.on) await this.hold();
  }

  private async hold(): Promise<void> {
    await this.release();
    if (this.held === 0) return;
    this.holder = await startHelper(this.api, this.beside, delay(this.network, this.held));
    await untilSaid(this.api, this.holder, delaying);
  }

  private async release(): Promise<void> {
    if (this.holder !== undefined) await removeHelper(this.api, this.holder);
    this.holder = undefined;
  }

  /** The network went with the power. */
  async powerLost(): Promise<void> {
    this.on = false;
    await this.release();
  }

  /** A new one is there: what was true of the old one, power or not, is made true of it. */
  async powerIsBack(): Promise<void> {
    this.on = true;
    if (this.dropping) await this.change(cut);
    for (const address of this.addresses) await this.change(assign(address));
    await this.hold();
  }

  private async change(script: HelperScript): Promise<void> {
    if (this.on) await runHelper(this.api, this.beside, script);
  }
}

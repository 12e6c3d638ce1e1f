/** Services of systemd that the user data writes and enables: whether they run, not what they do. */
import type { CloudConfig } from "./cloud-config.ts";

const folder = "/etc/systemd/system/";

export class Units {
  private readonly running = new Map<string, boolean>();
  private readonly enabled: ReadonlySet<string>;

  constructor({ files, commands }: CloudConfig) {
    for (const { path } of files)
      if (path.startsWith(folder) && path.endsWith(".service"))
        this.running.set(path.slice(folder.length, -".service".length), false);
    this.enabled = new Set(
      commands.flatMap((command) =>
        Array.isArray(command) && command[0] === "systemctl" && command[1] === "enable"
          ? [String(command.at(-1))]
          : [],
      ),
    );
  }

  /** Starts what is enabled, as at every boot. */
  boot(): void {
    for (const name of this.running.keys()) this.running.set(name, this.enabled.has(name));
  }

  /** As `systemctl stop` by root. */
  stop(name: string): void {
    if (this.running.has(name)) this.running.set(name, false);
  }

  /** `undefined`: there is no such unit. */
  state(name: string): "active" | "inactive" | undefined {
    const running = this.running.get(name);
    return running === undefined ? undefined : running ? "active" : "inactive";
  }
}

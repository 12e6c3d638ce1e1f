/** Commands that run on a host: real processes of this machine. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { killSession } from "./process-session.ts";

export interface ScriptOptions {
  command: string;
  user: string;
  home: string;
  /** Folder with the host's own programs. */
  bin: string;
  /** Folder for temporary files: they are to go when the host goes. */
  tmp: string;
  address: string;
}

/** Everything that runs on one host. */
export class RunningScripts {
  private readonly running = new Set<ChildProcessWithoutNullStreams>();

  /** Starts a command with `/bin/sh` in the user's home, and with nothing of this process's environment. */
  start(options: ScriptOptions): ChildProcessWithoutNullStreams {
    const { command, user, home, bin, tmp, address } = options;
    const child = spawn("/bin/sh", ["-c", command], {
      cwd: home,
      // A session of its own, so that all of it can be killed.
      detached: true,
      env: {
        HOME: home,
        LOGNAME: user,
        PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
        SHELL: "/bin/sh",
        SSH_CONNECTION: `127.0.0.1 0 ${address} 22`,
        TMPDIR: tmp,
        USER: user,
      },
    });
    this.running.add(child);
    child.once("close", () => this.running.delete(child));
    child.once("error", () => this.running.delete(child));
    // A script may end before it has read everything.
    child.stdin.on("error", () => {});
    return child;
  }

  /** How many have not ended yet. */
  get count(): number {
    return this.running.size;
  }

  /** Kills all of them and what they started; resolves when they are gone. */
  async killAll(): Promise<void> {
    await Promise.all(
      [...this.running].map(async (child) => {
        const ended = new Promise((resolve) => child.once("close", resolve));
        if (child.pid !== undefined) killSession(child.pid);
        // Whatever left the session may hold the other ends; nobody reads them any more.
        child.stdout.destroy();
        child.stderr.destroy();
        await ended;
      }),
    );
  }
}

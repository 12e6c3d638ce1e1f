import { Failure, type FailureCode } from "../release/failure.ts";
import {
  type BackupMemory,
  type DrillProof,
  Facts,
  parseMemory,
  parseProof,
  parseSnapshots,
  type Restored,
  type Snapshot,
  type StoredBackup,
  storedBackup,
} from "./backupFacts.ts";
import type { ExecResult } from "./ssh.ts";

/** What is brought back. `name` of a database: `service.name`. */
export interface RestoreSubject {
  kind: "database" | "volume";
  name: string;
}

/** Where the program of backups is: the first host of an environment. */
export interface BackupHost {
  /** What a script printed there, however it ended. @throws Failure `HostUnreachable` */
  askFirst(script: string, stdin: string, timeout: number): Promise<ExecResult & { host: string }>;
}

/** Milliseconds. Those of the steps within are the program's own. */
const timeouts = {
  state: 30_000,
  list: 600_000,
  now: 4 * 3_600_000,
  drill: 4 * 3_600_000,
  restore: 6 * 3_600_000,
} as const;

type Verb = keyof typeof timeouts;

const known: readonly FailureCode[] = ["BackupFailed", "BackupMissing", "DrillFailed", "RestoreFailed"];

const hints: Partial<Record<FailureCode, string>> = {
  BackupFailed: "liftlock backups <environment>; what is stored already is as it was",
  BackupMissing: "liftlock backup <environment>",
  DrillFailed:
    "liftlock backup <environment>, then liftlock drill <environment>: does the newest one restore?",
  RestoreFailed:
    "liftlock status <environment>; what was there before the restore is the newest of liftlock backups <environment>",
};

/** The program's lines, `key value`, without the failure that the last one may be. @throws Failure with the code of that line */
function linesOf(
  { host, status, stdout, stderr }: ExecResult & { host: string },
  name: string,
): [string, string][] {
  const lines = stdout
    .split("\n")
    .filter(Boolean)
    .map((line): [string, string] => {
      const space = line.indexOf(" ");
      return space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
    });
  if (status === 0) return lines;
  const [, said = ""] = lines.findLast(([key]) => key === "failed") ?? [];
  const [word = "", ...rest] = said.split(" ");
  const code = known.find((one) => one === word);
  if (code === undefined)
    throw new Failure({
      code: "HostUnreachable",
      message: `expected the program of backups to work on ${host}, it ended with ${status}: ${stderr.trim().slice(0, 300)}`,
    });
  const hint = hints[code]?.replaceAll("<environment>", name);
  throw new Failure({ code, message: `${host}: ${rest.join(" ")}`, ...(hint !== undefined && { hint }) });
}

/** Backups of one environment, as its first host takes, lists and proves them. */
export class HostBackups {
  private readonly hosts: BackupHost;
  private readonly app: string;
  private readonly environment: string;

  constructor(hosts: BackupHost, app: string, environment: string) {
    this.hosts = hosts;
    this.app = app;
    this.environment = environment;
  }

  private async ask(
    verb: Verb,
    ...words: readonly string[]
  ): Promise<{ host: string; lines: [string, string][] }> {
    const input = [`app ${this.app}`, `verb ${verb}`, ...words.map((word) => `argument ${word}`)];
    const said = await this.hosts.askFirst("backup", `${input.join("\n")}\n`, timeouts[verb]);
    return { host: said.host, lines: linesOf(said, this.environment) };
  }

  /** What the host remembers; the storage is not asked. @throws Failure `BackupMissing`, `HostUnreachable` */
  async memory(): Promise<BackupMemory> {
    const { host, lines } = await this.ask("state");
    return parseMemory(host, lines);
  }

  /** Takes a backup. @throws Failure `BackupFailed`, `BackupMissing`, `HostUnreachable` */
  async take(): Promise<StoredBackup & { warnings: string[] }> {
    const { host, lines } = await this.ask("now");
    const warnings = lines.flatMap(([key, value]) => (key === "warning" ? [value] : []));
    return { ...storedBackup(new Facts(host, lines)), warnings };
  }

  /** Everything in the repository, newest first, and what the host remembers. @throws Failure as `take` */
  async list(): Promise<{ snapshots: Snapshot[]; memory: BackupMemory }> {
    const { host, lines } = await this.ask("list");
    const text = new Facts(host, lines).text("snapshots");
    return { snapshots: parseSnapshots(host, text), memory: parseMemory(host, lines) };
  }

  /**
   * Restores a backup into a throw-away container.
   * @param snapshot default the newest
   * @throws Failure `DrillFailed`, `BackupMissing`, `HostUnreachable`
   */
  async drill(snapshot?: string): Promise<DrillProof> {
    const { host, lines } = await this.ask("drill", ...(snapshot === undefined ? [] : [snapshot]));
    return parseProof(host, lines);
  }

  /**
   * Brings one database or volume back, having backed up what is there.
   * @throws Failure `RestoreFailed`, `BackupFailed`, `BackupMissing`, `HostUnreachable`
   */
  async restore({ kind, name }: RestoreSubject, snapshot = "latest"): Promise<Restored> {
    const { host, lines } = await this.ask("restore", snapshot, kind, name);
    const facts = new Facts(host, lines);
    return {
      snapshot: facts.text("snapshot"),
      before: facts.text("before"),
      at: facts.date("at"),
      services: facts.number("services"),
      seconds: facts.number("seconds"),
    };
  }
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./fleet.ts";
import { hostCommand } from "./hostCommand.ts";

/** What is backed up, where to, how often, and what stays. */
export interface BackupArgs {
  app: string;
  /** Name under which the snapshots of this environment lie in the repository. */
  label: string;
  /** The host that has the data services. */
  host: Host;
  ssh: { user: string; port: number; privateKey: string };
  /** As restic takes it: `s3:https://fra1.digitaloceanspaces.com/bucket/path`. */
  repository: string;
  /** Encrypts the repository: without it no backup can be read. */
  password: string;
  accessKey: string;
  secretKey: string;
  /** PEM of the authority whose certificate the storage shows; absent: one that hosts trust anyway. */
  authority?: string | undefined;
  /** Seconds between two backups, and how long after 00:00 UTC (a week: on Thursday, as 1970 began) they begin. */
  schedule: { period: number; offset: number };
  /** How many days, weeks and months of which one backup stays. */
  keep: { daily: number; weekly: number; monthly: number };
  /** Databases of data services; `check` is SQL whose first answer must be neither empty, nor `f`, nor 0. */
  databases: readonly { service: string; name: string; user: string; check?: string | undefined }[];
  /** Named volumes of the compose file. */
  volumes: readonly string[];
}

const read = (name: string) =>
  readFileSync(join(import.meta.dirname, "host", "backup", `${name}.sh`), "utf8");

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The program that a host runs, by itself and for the driver. */
const program = () => ["lib", "take", "drill", "restore", "main"].map(read).join("\n");

/** What the program reads, `key value` lines. SQL is the only value that is more than a word. */
function settings({ label, schedule, keep, databases, volumes }: BackupArgs): string {
  const lines = [
    ["label", label],
    ["period", schedule.period],
    ["offset", schedule.offset],
    ["daily", keep.daily],
    ["weekly", keep.weekly],
    ["monthly", keep.monthly],
    ...databases.map(({ service, name, user, check }) => [
      "database",
      service,
      name,
      user,
      check === undefined ? "-" : base64(check),
    ]),
    ...volumes.map((volume) => ["volume", volume]),
  ];
  return lines.map((words) => `${words.join(" ")}\n`).join("");
}

/** What `backup/install.sh` reads. The same arguments give the same text: nothing runs on a host whose backups did not change. */
export function backupPayload(args: BackupArgs): string {
  const { app, repository, password, accessKey, secretKey, authority = "" } = args;
  const files = {
    repository,
    password,
    access: accessKey,
    secret: secretKey,
    authority,
    settings: settings(args),
    // Last: the timer runs it as soon as it is there.
    run: program(),
  };
  const lines = Object.entries(files).map(([name, text]) => `file ${name} ${base64(text)}\n`);
  return `app ${app}\n${lines.join("")}`;
}

/** Backups of one environment: a program on its first host, which the host's timer runs. */
export class Backups extends pulumi.ComponentResource {
  constructor(name: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:Backups", name, {}, opts);
    const { host, ssh } = args;
    hostCommand(this, `backups-${host.name}`, {
      host,
      ssh,
      script: read("install"),
      removal: read("remove"),
      stdin: backupPayload(args),
      dependsOn: [],
    });
    this.registerOutputs({});
  }
}

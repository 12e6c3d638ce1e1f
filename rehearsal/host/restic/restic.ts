/** The stand-in for restic: it really encrypts, and really stores over S3; other options than these are refused. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CommandFailure, type Invocation, type Reply } from "../docker/call.ts";
import { type FlagSpecs, parseFlags } from "../docker/flags.ts";
import { fatal, ResticFailure, unsupported } from "./failure.ts";
import { Objects } from "./objects.ts";
import { type Named, Repository } from "./repository.ts";
import { keptSnapshots } from "./retention.ts";

/** What a command works with. */
interface Work {
  repository: Repository;
  args: readonly string[];
  cwd: string;
}

type Verb = (work: Work) => Promise<string>;

const chosen = { host: { takes: "value" }, tag: { takes: "value" } } satisfies FlagSpecs;

/** Snapshots of a host with a tag: all, the latest, or those that are named. */
async function select(
  repository: Repository,
  { host, tag }: { host: string | undefined; tag: string | undefined },
  names: readonly string[],
): Promise<Named[]> {
  const all = await repository.snapshots();
  const fitting = all.filter(
    ({ hostname, tags }) => (host ?? hostname) === hostname && (tag === undefined || tags.includes(tag)),
  );
  if (names.length === 0) return fitting;
  return names.flatMap((name) =>
    name === "latest" ? fitting.slice(-1) : all.filter(({ id }) => id.startsWith(name)),
  );
}

const view = ({ id, time, hostname, username, paths, tags }: Named) => ({
  time,
  paths,
  hostname,
  username,
  tags,
  id,
  short_id: id.slice(0, 8),
});

async function filesBelow(directory: string, below = ""): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry): Promise<string[]> => {
      const path = join(below, entry.name);
      return entry.isDirectory() ? filesBelow(directory, path) : Promise.resolve([path]);
    }),
  );
  return found.flat().sort();
}

const backup: Verb = async ({ repository, args, cwd }) => {
  const flags = parseFlags("restic backup", args, { ...chosen, quiet: {}, json: {} });
  if (flags.operands.join() !== "." || !flags.on("json"))
    throw unsupported("backup of anything but . with --json");
  return repository.locked(async () => {
    let [added, total] = [0, 0];
    const files: { path: string; blob: string; mode: number }[] = [];
    for (const path of await filesBelow(cwd)) {
      const content = await readFile(join(cwd, path));
      const blob = await repository.addBlob(content);
      files.push({ path, blob: blob.name, mode: (await stat(join(cwd, path))).mode & 0o777 });
      added += blob.added;
      total += content.length;
    }
    const id = await repository.addSnapshot({
      time: new Date().toISOString(),
      hostname: flags.value("host") ?? "localhost",
      username: "liftlock",
      paths: [cwd],
      tags: [...flags.values("tag")],
      files,
    });
    const summary = {
      message_type: "summary",
      data_added: added,
      total_files_processed: files.length,
      total_bytes_processed: total,
      snapshot_id: id.slice(0, 8),
    };
    return `${JSON.stringify(summary)}\n`;
  });
};

const snapshots: Verb = async ({ repository, args }) => {
  const flags = parseFlags("restic snapshots", args, { ...chosen, json: {} });
  if (!flags.on("json")) throw unsupported("snapshots without --json");
  const found = await select(
    repository,
    { host: flags.value("host"), tag: flags.value("tag") },
    flags.operands,
  );
  return `${JSON.stringify(found.map(view))}\n`;
};

const restore: Verb = async ({ repository, args, cwd }) => {
  const flags = parseFlags("restic restore", args, { verify: {}, target: { takes: "value" } });
  const [snapshot] = await select(repository, { host: undefined, tag: undefined }, flags.operands);
  const target = flags.value("target");
  if (!snapshot || target === undefined) throw fatal(`failed to find snapshot: no matching ID found`);
  return repository.locked(async () => {
    const errors: string[] = [];
    for (const { path, blob, mode } of snapshot.files) {
      const place = resolve(cwd, target, path);
      await mkdir(dirname(place), { recursive: true });
      try {
        await writeFile(place, await repository.blob(blob));
        await chmod(place, mode);
      } catch (thrown) {
        if (!(thrown instanceof ResticFailure)) throw thrown;
        errors.push(`ignoring error for /${path}: ${thrown.message}`);
      }
    }
    if (errors.length > 0)
      throw new ResticFailure(`${errors.join("\n")}\nFatal: There were ${errors.length} errors`);
    return `restoring <Snapshot ${snapshot.id.slice(0, 8)}> to ${target}\n`;
  });
};

const forget: Verb = async ({ repository, args }) => {
  const keep = {
    "keep-daily": { takes: "value" },
    "keep-weekly": { takes: "value" },
    "keep-monthly": { takes: "value" },
    "keep-within": { takes: "value" },
  } as const;
  const flags = parseFlags("restic forget", args, {
    ...chosen,
    ...keep,
    quiet: {},
    prune: {},
    "group-by": { takes: "value" },
  });
  if (flags.value("keep-within") !== "1d") throw unsupported("forget without --keep-within 1d");
  if (flags.value("group-by") !== "host") throw unsupported("forget without --group-by host");
  return repository.locked(async () => {
    const found = await select(repository, { host: flags.value("host"), tag: flags.value("tag") }, []);
    const count = (name: string) => flags.number(name) ?? 0;
    const kept = keptSnapshots(found, {
      daily: count("keep-daily"),
      weekly: count("keep-weekly"),
      monthly: count("keep-monthly"),
      within: 86_400_000,
    });
    for (const { id } of found) if (!kept.has(id)) await repository.removeSnapshot(id);
    if (!flags.on("prune")) return "";
    const used = new Set(
      (await repository.snapshots()).flatMap(({ files }) => files.map(({ blob }) => blob)),
    );
    for (const name of await repository.blobs()) if (!used.has(name)) await repository.removeBlob(name);
    return "";
  });
};

/** Reads everything, whatever share is asked for: there is little. */
const check: Verb = async ({ repository, args }) => {
  parseFlags("restic check", args, { "read-data-subset": { takes: "value" } });
  return repository.locked(async () => {
    const errors: string[] = [];
    for (const { id, files } of await repository.snapshots())
      for (const { blob } of files)
        await repository.blob(blob).catch((thrown: unknown) => {
          if (!(thrown instanceof ResticFailure)) throw thrown;
          errors.push(`snapshot ${id.slice(0, 8)}, blob ${blob.slice(0, 8)}: ${thrown.message}`);
        });
    if (errors.length > 0) throw new ResticFailure(`${errors.join("\n")}\nFatal: repository contains errors`);
    return "no errors were found\n";
  });
};

const cat: Verb = async ({ repository, args }) => {
  if (args.join(" ") !== "config") throw unsupported(`cat ${args.join(" ")}`);
  return `${await repository.config()}\n`;
};

const unlock: Verb = async ({ repository }) => {
  await repository.unlock();
  return "successfully removed locks\n";
};

const verbs = new Map<string, Verb>(
  Object.entries({ backup, cat, check, forget, restore, snapshots, unlock }),
);

/** Runs one call to its end. @param locate a path of the host, on this machine */
async function run(
  { argv, cwd, environment }: Invocation,
  locate: (path: string) => string,
  signal: AbortSignal,
): Promise<string> {
  const flags = parseFlags("restic", argv, { "cache-dir": { takes: "value" }, "no-lock": {} }, true);
  const [verb = "", ...args] = flags.operands;
  if (verb === "version") return "restic 0.18.0-simulated\n";
  const { RESTIC_REPOSITORY, RESTIC_PASSWORD_FILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RESTIC_CACERT } =
    environment;
  if (RESTIC_CACERT !== undefined) throw unsupported("RESTIC_CACERT: it speaks no TLS");
  if (RESTIC_REPOSITORY === undefined)
    throw fatal("Please specify repository location (-r or --repository-file)");
  if (RESTIC_PASSWORD_FILE === undefined) throw unsupported("a password but from RESTIC_PASSWORD_FILE");
  const password = (await readFile(locate(RESTIC_PASSWORD_FILE), "utf8")).trimEnd();
  const key = { id: AWS_ACCESS_KEY_ID ?? "", secret: AWS_SECRET_ACCESS_KEY ?? "" };
  const objects = new Objects(RESTIC_REPOSITORY, key, signal);
  if (verb === "init") {
    await Repository.create(objects, password);
    return `created restic repository at ${RESTIC_REPOSITORY}\n`;
  }
  const work = verbs.get(verb);
  if (!work) throw unsupported(`the command ${verb}`);
  return work({ repository: await Repository.open(objects, password), args, cwd });
}

export async function restic(
  call: Invocation,
  locate: (path: string) => string,
  signal: AbortSignal,
): Promise<Reply> {
  try {
    return { stdout: await run(call, locate, signal), stderr: "", exitCode: 0 };
  } catch (thrown) {
    const known = thrown instanceof ResticFailure || thrown instanceof CommandFailure;
    const text = known ? thrown.message : `the simulated host's restic failed: ${String(thrown)}`;
    return { stdout: "", stderr: `${text}\n`, exitCode: 1 };
  }
}

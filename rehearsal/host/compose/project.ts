/** A compose project, read from its files. */
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { EnvironmentFileInvalid, parseEnvironmentFile } from "./environment-file.ts";
import { InterpolationFailure, interpolateDocument, type Variables } from "./interpolate.ts";
import { assignmentsOf, mergeFiles } from "./merge.ts";
import { fileMissing, invalid } from "./refusal.ts";
import { findTagged, type Tagged, withoutReset, withoutTagged } from "./reset.ts";
import { isMapping, type Mapping, mappingAt, verifyStructure } from "./schema.ts";
import { readService, type Service } from "./service.ts";

export interface Project {
  name: string;
  directory: string;
  /** Every service, also those whose profiles are not asked for. */
  services: ReadonlyMap<string, Service>;
  /** Profiles that are asked for. */
  profiles: ReadonlySet<string>;
  networks: readonly string[];
  volumes: readonly string[];
  /** The merged files. */
  document: Mapping;
}

export interface ProjectOptions {
  name: string | undefined;
  directory: string | undefined;
  files: readonly string[];
  environmentFiles: readonly string[];
  profiles: readonly string[];
  /** Folder and environment of the caller. */
  cwd: string;
  environment: Readonly<Record<string, string>>;
  warn: (line: string) => void;
}

/** @throws CommandFailure 14 or 15 when a file is missing or not a project */
export async function loadProject(options: ProjectOptions): Promise<Project> {
  const files = options.files.map((file) => resolve(options.cwd, file));
  const [first = options.cwd] = files;
  const directory = resolve(options.cwd, options.directory ?? dirname(first));
  const variables = warningOnce(options, await readVariables(options, directory));
  let document: Mapping = {};
  for (const file of files) {
    const { content, tagged } = await readComposeFile(file, variables);
    document = mergeFiles(withoutTagged(document, tagged), content);
  }
  const services = new Map<string, Service>();
  for (const [name, raw] of Object.entries(mappingAt(document, "services"))) {
    if (!isMapping(raw)) continue;
    const complete = await withEnvironmentFiles(raw, directory, variables);
    services.set(name, readService(name, complete, options.environment));
  }
  if (services.size === 0) throw invalid("no service selected");
  verifyDependencies(services);
  return {
    name: projectName(options, document, directory),
    directory,
    services,
    profiles: new Set([...options.profiles, ...(options.environment.COMPOSE_PROFILES ?? "").split(",")]),
    networks: [
      "default",
      ...Object.keys(mappingAt(document, "networks")).filter((name) => name !== "default"),
    ],
    volumes: Object.keys(mappingAt(document, "volumes")),
    document,
  };
}

function projectName(options: ProjectOptions, document: Mapping, directory: string): string {
  const fallback = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
  const name = options.name ?? options.environment.COMPOSE_PROJECT_NAME ?? document.name ?? fallback;
  if (typeof name === "string" && /^[a-z0-9][a-z0-9_-]*$/.test(name)) return name;
  throw invalid(
    `invalid project name ${JSON.stringify(name)}: must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
  );
}

/** The caller's environment wins over the files; without any named, `.env` is read if it is there. */
async function readVariables(options: ProjectOptions, directory: string): Promise<Map<string, string>> {
  const named = options.environmentFiles.map((file) => resolve(options.cwd, file));
  const values = new Map<string, string>();
  for (const file of named.length > 0 ? named : [resolve(directory, ".env")]) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined && named.length > 0) throw fileMissing(`couldn't find env file: ${file}`);
    const outer = { get: (name: string) => options.environment[name] ?? values.get(name), unset: () => {} };
    for (const [name, value] of readPairs(file, text ?? "", outer)) values.set(name, value);
  }
  for (const [name, value] of Object.entries(options.environment)) values.set(name, value);
  return values;
}

function readPairs(file: string, text: string, outer: Variables): Map<string, string> {
  try {
    return parseEnvironmentFile(text, outer);
  } catch (cause) {
    if (cause instanceof EnvironmentFileInvalid || cause instanceof InterpolationFailure) {
      throw invalid(`failed to read ${file}: ${cause.message}`);
    }
    throw cause;
  }
}

function warningOnce({ warn }: ProjectOptions, values: ReadonlyMap<string, string>): Variables {
  const warned = new Set<string>();
  return {
    get: (name) => values.get(name),
    unset: (name) => {
      if (warned.has(name)) return;
      warned.add(name);
      warn(`level=warning msg="The \\"${name}\\" variable is not set. Defaulting to a blank string."`);
    },
  };
}

async function readComposeFile(
  file: string,
  variables: Variables,
): Promise<{ content: Mapping; tagged: Tagged[] }> {
  const text = await readFile(file, "utf8").catch(() => {
    throw fileMissing(`open ${file}: no such file or directory`);
  });
  const parsed = parseDocument(text, { merge: true });
  const [error] = parsed.errors;
  if (error) throw invalid(`parsing ${file}: ${error.message}`);
  try {
    const tagged = findTagged(parsed);
    const raw: unknown = parsed.toJS();
    const content = isMapping(raw) ? withoutReset(raw, tagged) : raw;
    return { content: verifyStructure(file, interpolateDocument(content, variables)), tagged };
  } catch (cause) {
    if (cause instanceof InterpolationFailure) throw invalid(cause.message);
    throw cause;
  }
}

async function withEnvironmentFiles(raw: Mapping, directory: string, variables: Variables): Promise<Mapping> {
  const { env_file, ...rest } = raw;
  if (env_file === undefined) return raw;
  let environment: Record<string, string | null> = {};
  for (const entry of Array.isArray(env_file) ? (env_file as unknown[]) : [env_file]) {
    const { path, required } = isMapping(entry) ? entry : { path: entry, required: true };
    const file = resolve(directory, String(path));
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined && required !== false) throw fileMissing(`env file ${file} not found`);
    environment = { ...environment, ...Object.fromEntries(readPairs(file, text ?? "", variables)) };
  }
  return { ...rest, environment: { ...environment, ...assignmentsOf(raw.environment) } };
}

function verifyDependencies(services: ReadonlyMap<string, Service>): void {
  for (const { name, dependsOn } of services.values()) {
    for (const [other, { required }] of Object.entries(dependsOn)) {
      if (required && !services.has(other)) {
        throw invalid(`service "${name}" depends on undefined service "${other}": invalid compose project`);
      }
    }
  }
}

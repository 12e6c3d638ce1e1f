import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

/** Where an installation keeps its ledger, and how far that reaches. */
export interface LedgerPlace {
  directory: string;
  /** False: the backend is not a directory, so the ledger is seen on this machine only. */
  shared: boolean;
}

const projectFile = z.looseObject({ backend: z.looseObject({ url: z.string() }).optional() });
const credentials = z.looseObject({ current: z.string().optional() });

/** The stack backend's address: environment, project file, then what `pulumi login` chose. */
export function backendUrl(
  workDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (environment["PULUMI_BACKEND_URL"]) return environment["PULUMI_BACKEND_URL"];
  const project = join(workDirectory, "Pulumi.yaml");
  const parsed = existsSync(project)
    ? projectFile.safeParse(parse(readFileSync(project, "utf8")))
    : undefined;
  if (parsed?.success && parsed.data.backend) return parsed.data.backend.url;
  const file = join(environment["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "credentials.json");
  return existsSync(file)
    ? credentials.safeParse(JSON.parse(readFileSync(file, "utf8"))).data?.current
    : undefined;
}

/** Next to a file backend; else in the checkout. */
export function ledgerPlace(
  workDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): LedgerPlace {
  const url = backendUrl(workDirectory, environment);
  if (!url?.startsWith("file://"))
    return { directory: join(workDirectory, ".liftlock", "ledger"), shared: false };
  const directory = url.startsWith("file://~")
    ? join(homedir(), url.slice("file://~".length))
    : fileURLToPath(url);
  return { directory: join(directory, ".liftlock"), shared: true };
}

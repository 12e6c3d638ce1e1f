import { type BackupHost, HostBackups } from "../../../src/hosts/backups.ts";
import { asFailure } from "../../../src/release/failure.ts";
import { type Example, written } from "./told.ts";

/** What the program of backups said on a host before it ended, as people are told it. */
const failed = async (line: string): Promise<Example> => {
  const host: BackupHost = {
    askFirst: async () => ({ host: "shop-production-1", status: 1, stdout: `failed ${line}\n`, stderr: "" }),
  };
  const thrown = await new HostBackups(host, "shop", "production").drill().catch(asFailure);
  const { code, message, hint } = asFailure(thrown);
  return { by: "code", reason: () => ({ code, message, ...(hint !== undefined && { hint }) }) };
};

/** What backups and drills say. */
export const backupExamples = {
  BackupFailed: await failed(
    "BackupFailed the storage of backups does not answer as it should: connection refused",
  ),
  DrillFailed: await failed("DrillFailed the dump of shop lists 12 tables, 11 were restored"),
  RestoreFailed: await failed(
    "RestoreFailed pg_restore of postgres.shop failed, and changed nothing: role app does not exist",
  ),
  // Held against the sources by `npm run check:docs`.
  BackupMissing: written({
    code: "BackupMissing",
    message: "expected liftlock:backups in Pulumi.staging.yaml, found none: nothing is backed up there",
    hint: "docs/backups.md says how to configure them",
  }),
};

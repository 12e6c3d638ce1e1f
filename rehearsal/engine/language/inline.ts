// A program inside the Automation API's process, which serves it as a language host (`--client=127.0.0.1:PORT`).
import { grpc, languageGrpc, languagePb } from "../rpc/protobuf.ts";
import type { ProgramEnd, ProgramRun } from "./run.ts";

/** How long the program may still say what is wrong after the engine has failed. */
const GRACE_MS = 100;

function requestOf(run: ProgramRun) {
  const request = new languagePb.RunRequest()
    .setProject(run.project)
    .setStack(run.stack)
    .setPwd(run.program.directory)
    .setArgsList([run.monitor])
    .setDryrun(run.dryRun)
    .setParallel(run.parallel)
    .setMonitorAddress(run.monitor)
    .setConfigsecretkeysList([...run.secretKeys])
    .setOrganization("organization");
  for (const [key, value] of Object.entries(run.config)) request.getConfigMap().set(key, value);
  return request;
}

/** Runs the program served at `address`. */
export function runInline(run: ProgramRun, address: string): Promise<ProgramEnd> {
  const client = new languageGrpc.LanguageRuntimeClient(address, grpc.credentials.createInsecure());
  return new Promise((resolve) => {
    // Promises of refused registrations stay open and the SDK never answers: it is not waited for.
    run.signal.addEventListener("abort", () => setTimeout(() => resolve({ ok: false }), GRACE_MS));
    client.run(requestOf(run), (error, response) => {
      if (error) resolve({ ok: false, message: error.details });
      else if (response.getError()) resolve({ ok: false, message: response.getError() });
      else resolve({ ok: true });
    });
  });
}

import { gravest } from "../../plan/deployFailure.ts";
import { counted } from "../../plan/gates/words.ts";
import { countHealthy, judgeHosts } from "../../plan/verdict.ts";
import { Failure } from "../../release/failure.ts";
import type { Release } from "../../release/release.ts";
import type { Effect } from "../carryOut.ts";
import { tellOfCertificates } from "../certificates.ts";
import type { Run } from "../run.ts";

/** Every public endpoint answers, over a window in seconds. @throws Failure `EndpointFailed` */
export async function endpointsAnswer({ target, watch }: Run, window?: number): Promise<void> {
  const verdict = await watch.outside(target.watchEndpoints(window));
  const bad = verdict.answers.find((answer) => answer.problem !== undefined);
  if (!verdict.pass)
    throw new Failure({
      code: "EndpointFailed",
      message: bad
        ? `${bad.url} ${bad.problem}`
        : "there is no public endpoint to ask (liftlock:health.paths is empty)",
    });
}

/** Reads digests and health back from every host and asks the public endpoints, within the configured window. */
export async function verifyRuns(run: Run, release: Release): Promise<string> {
  const { target, watch } = run;
  const { endpoints, jobs } = target.outputs;
  const { window } = target.config.health;
  const watched = endpointsAnswer(run);
  const look = async () => {
    run.readings = await watch.outside(target.hosts.observe());
    const finding = gravest(judgeHosts(run.readings, release, jobs, run.attempt));
    if (finding) throw new Failure({ code: finding.code, message: finding.message });
  };
  watched.catch(() => undefined);
  await look();
  await watched;
  // What was healthy at the start of the window must be so at its end.
  if (window > 0) await look();
  tellOfCertificates(run);
  const [healthy, all] = countHealthy(run.readings, release, jobs);
  return `${healthy} of ${all} services healthy, ${counted(endpoints.length, "endpoint")}, digests read back from ${counted(run.readings.length, "host")}`;
}

export const verify: Effect = (run) => verifyRuns(run, run.release);

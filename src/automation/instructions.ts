import { createHash } from "node:crypto";
import { needsPerson } from "./course.ts";
import type { PromotionResult } from "./messages.ts";
import type { Target } from "./ports.ts";

type Host = Target["outputs"]["hosts"][number];

/** Where the deploying key is put for as long as it is needed. */
const keyFile = "deploy.key";

/** What `ssh` shows on the first connection: SHA-256 of the host key, in base64 without padding. */
const fingerprint = ({ hostKey }: Host): string =>
  createHash("sha256")
    .update(Buffer.from(hostKey.split(" ")[1] ?? "", "base64"))
    .digest("base64")
    .replace(/=+$/, "");

/** A command on a host, as it is typed here. */
const onHost = ({ address, port, user }: Host, command: string): string =>
  `ssh -i ${keyFile} -o IdentitiesOnly=yes -p ${port} ${user}@${address} '${command}'`;

/** What to look at on a host: its containers, and the last words of what was reported there, else of all. */
function lookAt(
  host: Host,
  { app, jobs }: Pick<Target["outputs"], "app" | "jobs">,
  { reports }: PromotionResult,
): string[] {
  const home = `liftlock/${app}`;
  // As the host's scripts call it: every file is named.
  const compose = `cd ${home} && docker compose --project-name ${app} --env-file environment --file compose.yaml --file pins.yaml`;
  const here = new Set(reports.filter((report) => report.host === host.name).map(({ service }) => service));
  const services = [...here].filter((service) => !jobs.includes(service));
  const ran = services.length < here.size ? [`tail -n 100 ${home}/migrator.log`] : [];
  const commands = [`${compose} ps --all`, [`${compose} logs --tail 100`, ...services].join(" "), ...ran];
  return commands.map((command) => `On ${host.name}: ${onHost(host, command)}`);
}

/**
 * What a person does, in this order, when an environment came to a state out of which nothing goes by itself: `RollbackIncomplete`,
 * `RollbackFailed`, `NoRollbackTarget`, `RateLimited`. Commands to be typed in the project; no secret is in them.
 * @returns empty when nobody is needed
 */
export function instructions(
  result: PromotionResult,
  { outputs }: { outputs: Pick<Target["outputs"], "app" | "hosts" | "jobs"> },
): string[] {
  if (!needsPerson(result)) return [];
  const { environment, reason } = result;
  const release = result.kind === "rollback" ? result.previous : result.release;
  return [
    `See what runs where: liftlock status ${environment}`,
    `Take the deploying key: (umask 077; pulumi config get --path liftlock:ssh.privateKey --stack ${environment} >${keyFile})`,
    `Know the hosts by their keys: ${outputs.hosts.map((host) => `${host.name} SHA256:${fingerprint(host)}`).join(", ")}`,
    ...outputs.hosts.flatMap((host) => lookAt(host, outputs, result)),
    `Delete the key: rm ${keyFile}`,
    `When the cause is mended, go back or finish: liftlock resume ${environment}`,
    `If that says that nothing was interrupted, go to an earlier release: liftlock rollback ${environment} --reason "…"`,
    `Or bring a good release: liftlock deploy ${environment} --release release.json`,
    `See that all is well: liftlock status ${environment}`,
    ...(release && reason
      ? [`Then look for what ${release.version} did (${reason.code}): liftlock history ${environment}`]
      : []),
  ];
}

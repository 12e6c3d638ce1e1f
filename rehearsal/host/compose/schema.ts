/** What may stand in a compose file. https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json */
import { invalid } from "./refusal.ts";

export type Mapping = Record<string, unknown>;

const topLevel = new Set("name version services networks volumes configs secrets include models".split(" "));

const serviceKeys = new Set(
  `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count
  cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy
  develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends
  external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation labels label_file links logging
  mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable
  oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy read_only
  restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs
  tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir`
    .trim()
    .split(/\s+/),
);

const healthcheckKeys = new Set(
  "disable interval retries start_interval start_period test timeout".split(" "),
);

/** Keys that a project may have, but that change what runs in ways that a simulated host cannot follow. */
const refusedServiceKeys = [
  "build",
  "extends",
  "network_mode",
  "post_start",
  "pre_stop",
  "provider",
  "volumes_from",
];

/** Checks the structure of one file. @throws CommandFailure 15, in the words of compose */
export function verifyStructure(file: string, document: unknown): Mapping {
  const refuse = (at: string, what: string) => invalid(`validating ${file}: ${at} ${what}`);
  if (!isMapping(document)) throw invalid(`${file}: top-level object must be a mapping`);
  for (const key of Object.keys(document)) {
    if (!topLevel.has(key) && !key.startsWith("x-"))
      throw refuse("(root)", `Additional property ${key} is not allowed`);
  }
  for (const key of ["services", "networks", "volumes"]) {
    const value = document[key];
    if (value !== undefined && value !== null && !isMapping(value)) throw refuse(key, "must be a mapping");
  }
  for (const [name, service] of Object.entries(mappingAt(document, "services"))) {
    if (!isMapping(service)) throw refuse(`services.${name}`, "must be a mapping");
    verifyKeys(service, serviceKeys, (key) =>
      refuse(`services.${name}`, `Additional property ${key} is not allowed`),
    );
    const at = `services.${name}.healthcheck`;
    const { healthcheck } = service;
    if (healthcheck !== undefined && !isMapping(healthcheck)) throw refuse(at, "must be a mapping");
    verifyKeys(healthcheck ?? {}, healthcheckKeys, (key) =>
      refuse(at, `Additional property ${key} is not allowed`),
    );
    const refused = refusedServiceKeys.find((key) => Object.hasOwn(service, key));
    if (refused !== undefined)
      throw invalid(`the simulated host's docker does not support services.${name}.${refused}`);
  }
  return document;
}

function verifyKeys(value: Mapping, known: ReadonlySet<string>, refuse: (key: string) => Error): void {
  for (const key of Object.keys(value)) if (!known.has(key) && !key.startsWith("x-")) throw refuse(key);
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The mapping under a key; empty when there is none. */
export function mappingAt(value: Mapping, key: string): Mapping {
  const found = value[key];
  return isMapping(found) ? found : {};
}

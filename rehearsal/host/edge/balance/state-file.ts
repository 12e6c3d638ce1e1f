/** Servers' states in the form of `show servers state`, which is also that of the file read at a reload. */
import { checkNumbers } from "./check-result.ts";
import type { Pool } from "./pool.ts";
import type { Target, Wanted } from "./target.ts";

const header =
  "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

const columns = header.slice(2).split(" ");

/** Bits of `srv_admin_state` (`enum srv_admin`). */
const admin = { ready: 0, maint: 1, drain: 8 } as const;

/** Bits of `srv_check_state`. */
const checks = { inProgress: 1, configured: 2, enabled: 4, paused: 8 } as const;

/** Version of the format, names of the fields, and a line each. */
export function showStates(pools: readonly Pool[]): string {
  const lines = pools.flatMap((pool) => pool.targets.map((target) => line(pool, target)));
  return `1\n${[header, ...lines].join("\n")}\n`;
}

function line({ config }: Pool, target: Target): string {
  const { id, name, port } = target.config;
  const result = target.lastCheck === undefined ? 0 : target.lastCheck.status === "L7OK" ? 3 : 2;
  const state =
    (target.config.check ? checks.configured : 0) |
    (target.checked ? checks.enabled : 0) |
    (target.checking ? checks.inProgress : 0) |
    (target.wanted === "maint" ? checks.paused : 0);
  return [
    config.id,
    config.name,
    id,
    name,
    "127.0.0.1",
    target.up ? 2 : 0,
    admin[target.wanted],
    target.weight,
    target.config.weight,
    Math.floor((Date.now() - target.changedAt) / 1000),
    target.lastCheck === undefined ? 1 : checkNumbers[target.lastCheck.status],
    target.checking ? 0 : result,
    target.health,
    state,
    "0 0 0 -",
    port,
    "- 0 0 - - 0",
  ].join(" ");
}

/** Gives servers the states in a file; what does not fit is left out, as by haproxy. */
export function restoreStates(text: string, pools: readonly Pool[]): void {
  const [version, ...lines] = text.split("\n");
  if (version?.trim() !== "1") return;
  for (const fields of lines.filter((one) => one !== "" && !one.startsWith("#"))) {
    const words = fields.split(" ");
    const field = (name: string) => words[columns.indexOf(name)] ?? "";
    const pool = pools.find(({ config }) => config.name === field("be_name") && config.settings.loadState);
    const target = pool?.targets.find(({ config }) => config.name === field("srv_name"));
    if (!target || words.length !== columns.length) continue;
    const flags = Number(field("srv_admin_state"));
    const wanted: Wanted = flags & admin.maint ? "maint" : flags & admin.drain ? "drain" : "ready";
    // A weight that the configuration gives anew is stronger than the one of before.
    const sameWeight = Number(field("srv_iweight")) === target.config.weight;
    target.restore({
      wanted,
      up: Number(field("srv_op_state")) === 2,
      weight: sameWeight ? Number(field("srv_uweight")) : undefined,
      checked: (Number(field("srv_check_state")) & checks.enabled) !== 0,
      since: Date.now() - Number(field("srv_time_since_last_change")) * 1000,
    });
  }
}

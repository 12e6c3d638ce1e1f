import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BackupArgs, backupPayload } from "../../infra/backups.ts";
import { startStorage } from "../../rehearsal/storage/server.ts";
import { type Ran, run } from "../rehearsal/host/ssh.ts";
import { startWorld, userData } from "../rehearsal/host/world.ts";

/** A simulated host that runs one service with a volume, and backs it up. */
export interface BackupPlace {
  /** Home of the deploying user. */
  home: string;
  settings: BackupArgs;
  /** Runs a command on the host. */
  execute(command: string): Promise<Ran>;
  /** Puts the program there. */
  install(payload: string): Promise<Ran>;
  /** Folder with the volume's content. */
  volume(): string;
  /** Ids of the application's containers. */
  containers(): string[];
  /** How many of them run. */
  running(): number;
  close(): Promise<void>;
}

const compose = (image: string) => `services:
  api:
    image: ${image}
    volumes: ["files:/files"]
volumes:
  files: {}
`;

export async function startBackupPlace(): Promise<BackupPlace> {
  const world = await startWorld();
  const key = { id: "key", secret: "secret" };
  const storage = await startStorage({ faults: world.faults, key });
  const address = world.hosts.allocateAddress("droplet");
  const data = `${userData()}packages: [restic]\n`;
  await world.hosts.boot({ id: 900, name: "backed-up", address, userData: data, sshKeys: [], tags: [] });
  const host = world.hosts.host("backed-up");
  const settings = {
    app: "shop",
    label: "shop-production",
    repository: `s3:${storage.url}/backups/shop`,
    password: "a password",
    accessKey: key.id,
    secretKey: key.secret,
    schedule: { period: 86_400, offset: 0 },
    keep: { daily: 7, weekly: 5, monthly: 12 },
    databases: [],
    volumes: ["files"],
  } as unknown as BackupArgs;
  const execute = (command: string, input = "") => run(world.target(host), command, input);
  const script = join(import.meta.dirname, "..", "..", "infra", "host", "backup", "install.sh");
  const install = (payload: string) => execute(readFileSync(script, "utf8"), payload);
  const { api = "" } = await world.publish("1.0.0");
  await execute('mkdir -p "$HOME/liftlock/shop" && cat >"$HOME/liftlock/shop/compose.yaml"', compose(api));
  await execute(
    'cd "$HOME/liftlock/shop" && docker compose --project-name shop up --detach --wait && touch release',
  );
  await install(backupPayload(settings));
  const containers = () => host.engine.containers().filter(({ spec }) => !("liftlock.backup" in spec.labels));
  return {
    home: host.home("deploy"),
    settings,
    execute,
    install,
    volume: () => host.engine.volumes.folder("shop_files"),
    containers: () => containers().map(({ id }) => id),
    running: () => containers().filter(({ status }) => status === "running").length,
    async close() {
      await storage.close();
      await world.close();
    },
  };
}

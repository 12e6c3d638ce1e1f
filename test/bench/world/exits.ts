import type { Container } from "../../../rehearsal/host/engine/container.ts";
import type { World } from "../../../rehearsal/world/world.ts";
import type { ContainerExit } from "./protocol.ts";

/** Notes when containers of production end by themselves, from what their engines keep of them; nothing is changed. */
export class Exits {
  private noted: ContainerExit[] = [];
  private readonly seen = new Set<string>();

  /** Begins to watch the hosts that are there. */
  watch(world: World): undefined {
    for (const host of world.hosts.hosts.filter(({ name }) => name.includes("-production-"))) {
      const look = () => {
        // One that was stopped or removed is "exited", never "restarting".
        for (const container of host.engine.containers())
          if (container.status === "restarting") this.note(host.name, container);
        return false;
      };
      void host.engine.until(look, new AbortController().signal);
    }
  }

  take(): ContainerExit[] {
    const taken = this.noted;
    this.noted = [];
    return taken;
  }

  private note(host: string, { id, finishedAt, exitCode, spec }: Container): void {
    if (this.seen.has(id + finishedAt)) return;
    this.seen.add(id + finishedAt);
    this.noted.push({
      host,
      service: spec.labels["com.docker.compose.service"] ?? "",
      digest: spec.reference.split("@")[1] ?? "",
      exitCode,
      at: Date.parse(finishedAt),
    });
  }
}

/** `docker version` and `docker info`. */
import type { Command } from "./call.ts";
import { parseFlags } from "./flags.ts";
import { renderTemplate } from "./template.ts";

/** The engine whose behaviour is imitated; said with a suffix so that nobody takes it for a real one. */
export const engineVersion = "26.1.5-simulated";
/** Likewise of compose. */
export const composeVersion = "2.26.1-simulated";

/** `docker version` */
export const version: Command = async (call) => {
  const flags = parseFlags("docker version", call.argv, { format: { takes: "value", short: "f" } });
  const side = { Version: engineVersion, ApiVersion: "1.45", Os: "linux", Arch: "amd64" };
  const format = flags.value("format");
  const both = { Client: side, Server: side };
  if (format === undefined) {
    return call.out(
      `Client:\n Version: ${engineVersion}\n\nServer:\n Engine:\n  Version: ${engineVersion}\n`,
    );
  }
  call.out(`${renderTemplate(format === "json" ? "{{json .}}" : format, both)}\n`);
};

/** `docker info` */
export const info: Command = async (call) => {
  const flags = parseFlags("docker info", call.argv, { format: { takes: "value", short: "f" } });
  const containers = call.engine.containers();
  const running = containers.filter((container) => container.running).length;
  const facts = {
    Containers: containers.length,
    ContainersRunning: running,
    ContainersStopped: containers.length - running,
    Images: call.engine.images.all().length,
    Driver: "simulated",
    ServerVersion: engineVersion,
    OSType: "linux",
    Architecture: "x86_64",
  };
  const format = flags.value("format");
  if (format === undefined) {
    return call.out(
      `Server:\n Containers: ${containers.length}\n  Running: ${running}\n Images: ${facts.Images}\n Server Version: ${engineVersion}\n`,
    );
  }
  call.out(`${renderTemplate(format === "json" ? "{{json .}}" : format, facts)}\n`);
};

import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./fleet.ts";

/** One script on one host, and what it reads. */
export interface HostCommandArgs {
  host: Host;
  ssh: { user: string; port: number; privateKey: string };
  script: string;
  /** What is run when the resource is removed. */
  removal?: string | undefined;
  stdin: pulumi.Input<string>;
  dependsOn: readonly pulumi.Resource[];
  /** Leave it as it is where it exists. */
  untouched?: boolean;
}

/**
 * One script on one host. `update` is the same script: a deployment is never replaced, because the replaced one's
 * removal would hit the new release. Nothing a script prints is logged or kept in the clear.
 */
export const hostCommand = (
  parent: pulumi.Resource,
  name: string,
  { host, ssh, script, removal, stdin, dependsOn, untouched = false }: HostCommandArgs,
): remote.Command =>
  new remote.Command(
    name,
    {
      connection: {
        host: host.address,
        port: ssh.port,
        user: ssh.user,
        privateKey: pulumi.secret(ssh.privateKey),
        hostKey: host.hostKey,
      },
      create: script,
      update: script,
      ...(removal !== undefined && { delete: removal }),
      stdin: pulumi.secret(stdin),
      addPreviousOutputInEnv: false,
      logging: remote.Logging.None,
    },
    {
      parent,
      dependsOn: [host.droplet, ...dependsOn],
      additionalSecretOutputs: ["stdout", "stderr"],
      ...(untouched && { ignoreChanges: ["stdin", "create", "update", "delete"] }),
    },
  );

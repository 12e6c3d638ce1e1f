import type { Package } from "../provider.ts";
import { localCommand } from "./local.ts";
import { remoteCommand } from "./remote.ts";

/** `@pulumi/command` without `remote.CopyFile` and `remote.CopyToRemote`. */
export const command: Package = {
  resources: {
    "command:local:Command": localCommand,
    "command:remote:Command": remoteCommand,
  },
};

/** One share in a process of its own. */
import { runShare, type Share } from "./share.ts";
import type { Tally } from "./tally.ts";

export type WorkerMessage = { run: number } | { tally: Tally } | { problem: string };

const send = (message: WorkerMessage) => void process.send?.(message);

process.on("disconnect", () => process.exit(1));
try {
  send({
    tally: await runShare(JSON.parse(process.argv[2] ?? "") as Share, (run) => send({ run })),
  });
} catch (error) {
  send({ problem: String(error instanceof Error ? error.stack : error) });
} finally {
  process.removeAllListeners("disconnect");
  process.disconnect();
}

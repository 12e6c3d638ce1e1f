/** One measurement in a process of its own: with its own world, and the environment variables that lead there. */
import { measureEngine } from "./engine/measure.ts";
import { summarise } from "./figures.ts";
import { measureRounds } from "./fleet/rounds.ts";
import { measureRecovery } from "./recovery/measure.ts";
import type { MeasurementMessage, Task } from "./tasks.ts";
import { WorldClient } from "./world/client.ts";
import type { WorldWish } from "./world/protocol.ts";

const send = (message: MeasurementMessage) => void process.send?.(message);
const say = (text: string) => send({ said: text });

/** Long enough for many hosts on few cores; no measured deployment waits for it. */
const patient = { timeout: 180, window: 0 };

/** Long against what is measured: whatever is known at its end only stands out. */
const long = { timeout: 60, window: 0 };

function wishOf(task: Task): WorldWish {
  switch (task.name) {
    case "fleet":
      return { hosts: task.hosts, health: patient };
    case "engine":
      return { hosts: 1, health: patient };
    case "recovery":
      return { hosts: 2, health: long };
  }
}

async function measure(task: Task): Promise<MeasurementMessage> {
  await using world = await WorldClient.start(wishOf(task));
  // The program runs in this process too: providers read their defaults from its environment.
  Object.assign(process.env, world.description.environment);
  switch (task.name) {
    case "fleet":
      return { result: summarise(task.hosts, await measureRounds(world, task.rounds, say)) };
    case "engine":
      return { result: await measureEngine(world.description, say) };
    case "recovery":
      return { result: await measureRecovery(world, say) };
  }
}

process.on("disconnect", () => process.exit(1));
const task = JSON.parse(process.argv[2] ?? "") as Task;
try {
  send(await measure(task));
} catch (error) {
  send({ problem: String(error instanceof Error ? error.stack : error) });
} finally {
  process.removeAllListeners("disconnect");
  process.disconnect();
}

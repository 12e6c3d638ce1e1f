/** One measurement in a process of its own: with its own world, and the environment variables that lead there. */
import { measureEngine } from "./engine/measure.ts";
import { summarise } from "./figures.ts";
import { measureRounds } from "./fleet/rounds.ts";
import type { MeasurementMessage, Task } from "./tasks.ts";
import { WorldClient } from "./world/client.ts";

const send = (message: MeasurementMessage) => void process.send?.(message);
const say = (text: string) => send({ said: text });

async function measure(task: Task): Promise<MeasurementMessage> {
  await using world = await WorldClient.start(task.name === "fleet" ? task.hosts : 1);
  // The program runs in this process too: providers read their defaults from its environment.
  Object.assign(process.env, world.description.environment);
  if (task.name === "engine") return { result: await measureEngine(world.description, say) };
  return { result: summarise(task.hosts, await measureRounds(world, task.rounds, say)) };
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

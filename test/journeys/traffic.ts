import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** One request, as whoever sent it saw it. */
export interface Asked {
  /** Status of the answer, or why there was none. */
  outcome: number | string;
  /** Version that answered, where the answer says it. */
  version?: string | undefined;
}

/** Asks once. @param agent default: a connection of its own */
export function ask(url: string, agent: Agent | false = false): Promise<Asked> {
  return new Promise((resolve) => {
    const asking = request(url, { agent, timeout: 10_000 }, (answer) => {
      let body = "";
      answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
      answer.on("error", (error) => resolve({ outcome: error.message }));
      answer.on("end", () =>
        resolve({
          outcome: answer.statusCode ?? 0,
          version: /"version":"([^"]+)"/.exec(body)?.[1],
        }),
      );
    });
    asking.on("timeout", () => asking.destroy(new Error("no answer in 10 s")));
    asking.on("error", (error) => resolve({ outcome: error.message }));
    asking.end();
  });
}

/** People who ask all the time: some over connections of their own, some over ones that they keep. */
export class Traffic {
  readonly answers: Asked[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly done: Promise<unknown>;
  private on = true;

  /** @param pause milliseconds between an answer and the next request of the same person */
  constructor(urls: readonly string[], pause = 20) {
    const people = urls.flatMap((url) => [
      { url, agent: false as const },
      { url, agent: this.agent },
    ]);
    this.done = Promise.all(people.map(({ url, agent }) => this.one(url, agent, pause)));
  }

  private async one(url: string, agent: Agent | false, pause: number): Promise<void> {
    while (this.on) {
      this.answers.push(await ask(url, agent));
      await sleep(pause);
    }
  }

  /** Ends it. @returns what was not answered well, and how much there was */
  async stop(): Promise<{ asked: number; dropped: Asked[]; versions: string[] }> {
    this.on = false;
    await this.done;
    this.agent.destroy();
    const dropped = this.answers.filter(({ outcome }) => outcome !== 200);
    const versions = [...new Set(this.answers.flatMap(({ version }) => version ?? []))];
    return { asked: this.answers.length, dropped, versions };
  }
}

/**
 * A process that asks and writes down what it gets: an open loop, so that a slow answer does not make the next request later. Starts when
 * it is told what to ask, ends when it is told to stop, and then sends its recording.
 */
import { Agent, type ClientRequest, get } from "node:http";
import type { LoadWish } from "./client.ts";
import { kinds, type Outcome, patience, Recorder } from "./recording.ts";

/** Requests under way at most. At 1,000 a second and 5 s of patience there are never more, unless this process cannot keep up. */
const most = 6000;

/** Of ten requests one is slow, three are on kept connections and six on new ones. */
const [fresh, kept, slow] = kinds.map((_, index) => index) as [number, number, number];
const mix = [slow, fresh, kept, fresh, fresh, kept, fresh, kept, fresh, fresh];

const outcomeOf = (error: NodeJS.ErrnoException): Outcome => {
  if (error.code === "ECONNREFUSED") return "refused";
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return "reset";
  return error.code === "ETIMEDOUT" ? "timed out" : "not understood";
};

class Generator {
  private readonly wish: LoadWish;
  private readonly recorder: Recorder;
  private readonly agents = [undefined, new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  /** Of each kind, how many were sent: targets take turns. */
  private readonly turns = kinds.map(() => 0);
  private readonly paths = kinds.map((_, kind) => (kind === slow ? "/slow" : "/version"));
  private due = 0;
  private stopping = false;

  constructor(wish: LoadWish) {
    this.wish = wish;
    this.recorder = new Recorder(wish.most);
  }

  start(): void {
    const { recorder, wish } = this;
    const rate = wish.rate / 1000;
    const tick = () => {
      for (
        const until = Math.floor(recorder.clock * rate);
        this.due < until && !recorder.isFull;
        this.due++
      ) {
        if (recorder.underWay < most) this.ask(mix[this.due % mix.length] ?? fresh);
        else recorder.withheld += 1;
      }
      if (!this.stopping) setTimeout(tick, 1);
    };
    tick();
  }

  private ask(kind: number): void {
    const { recorder, wish } = this;
    const turn = this.turns[kind] ?? 0;
    this.turns[kind] = turn + 1;
    const target = turn % wish.targets.length;
    const index = recorder.send(kind, target);
    const { address: host, port } = wish.targets[target] ?? { address: "", port: 0 };
    const agent = this.agents[kind] ?? false;
    const request: ClientRequest = get({ host, port, path: this.paths[kind], agent }, (response) => {
      const { statusCode = 0 } = response;
      let body = "";
      response.setEncoding("latin1");
      response
        .on("data", (chunk: string) => (body += chunk))
        .on("error", (error) => recorder.end(index, outcomeOf(error)))
        .on("end", () => {
          clearTimeout(limit);
          if (statusCode >= 500) recorder.end(index, "status 5xx");
          else recorder.end(index, statusCode === 200 ? "answered" : "not understood", body);
        });
    });
    const limit = setTimeout(() => {
      recorder.end(index, "timed out");
      request.destroy();
    }, patience);
    request.on("error", (error) => {
      clearTimeout(limit);
      recorder.end(index, outcomeOf(error));
    });
  }

  /** Sends nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    while (this.recorder.underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    // It ends when the other side has it all.
    process.send?.(this.recorder.finish());
  }
}

process.on("disconnect", () => process.exit());
process.once("message", (wish: LoadWish) => {
  const generator = new Generator(wish);
  generator.start();
  process.once("message", () => void generator.stop());
  process.send?.("started");
});

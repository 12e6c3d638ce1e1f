import type { Message, Notify } from "../../automation/messages.ts";
import type { Step } from "../../plan/promotion.ts";
import { stepLine } from "./line.ts";
import { lineOf, type Write } from "./plain.ts";
import { stepTitle } from "./words.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

const waits = {
  images: "registry; hosts fetch the images meanwhile",
  preview: "the engine's preview",
  approval: "the ledger: what people have said",
  copy: "registry: from the source's repositories to the target's",
  tag: "registry: tags of the environment and the version",
  candidate: "the stack's configuration",
  repeat: "hosts",
  deploy: "hosts",
  watch: "health, digests and answers of what has changed so far",
  verify: "health and digests, read back from the hosts",
  pin: "the stack's configuration",
  latest: "registry: latest follows what was verified",
  withdraw: "the stack's configuration",
  retag: "registry: tags follow what runs",
  diagnose: "the hosts' last words",
  revert: "hosts",
  verifyRevert: "health and digests, read back from the hosts",
  pinRevert: "the stack's configuration",
} satisfies Record<Step["name"], string>;

/** What the running step waits for. */
const waitsFor: Readonly<Record<string, string>> = waits;

/** Finished lines stay; the step under way is one line that lives: what is waited for, and for how long. */
export function liveRenderer(write: Write, columns: () => number): Notify & Disposable {
  const hosts: string[] = [];
  const running = new Set<string>();
  let step: { name: string; since: number } | undefined;
  let frame = 0;
  const clear = () => write("\r\u001b[2K");
  const draw = () => {
    if (!step) return;
    frame = (frame + 1) % frames.length;
    const doing = running.size > 0 ? `${[...running].join(", ")} …` : (waitsFor[step.name] ?? "");
    const seconds = (performance.now() - step.since) / 1000;
    const line = `${frames[frame]}${stepLine(stepTitle(step.name), `${doing}  ${seconds.toFixed(0)} s`).slice(1)}`;
    clear();
    write(line.slice(0, Math.max(20, columns() - 1)));
  };
  const timer = setInterval(draw, 100);
  timer.unref();
  const notify = (message: Message) => {
    if (message.code === "step.started") step = { name: message.payload.step, since: performance.now() };
    if (message.code === "host.started") running.add(message.payload.host);
    if (message.code === "host.finished" || message.code === "host.failed")
      running.delete(message.payload.host);
    if (message.code === "step.finished" || message.code === "step.failed") {
      step = undefined;
      running.clear();
    }
    const line = lineOf(message, hosts);
    if (line === undefined) return draw();
    clear();
    write(`${line}\n`);
    draw();
  };
  return Object.assign(notify, {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (step) clear();
    },
  });
}

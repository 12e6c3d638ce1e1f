import type { Message, Notify } from "../../automation/messages.ts";
import { conclusion } from "./conclusion.ts";
import { duration, stepLine } from "./line.ts";
import { heading, report, stepTitle } from "./words.ts";

/** Where lines for people go. */
export type Write = (text: string) => void;

/** A finished line for a message, if it has one. `hosts` collects what a deployment says of its hosts. */
export function lineOf(message: Message, hosts: string[]): string | undefined {
  switch (message.code) {
    case "engine.chosen": {
      const { kind, version, from } = message.payload;
      return kind === "rehearsal"
        ? `Rehearsal world: engine ${version}. No cloud is touched.`
        : `Engine: Pulumi ${version} (${from})`;
    }
    case "engine.installing":
      return `No fitting Pulumi CLI on PATH: installing ${message.payload.version} below ~/.pulumi …`;
    case "ledger.local":
      return `The ledger is seen on this machine only: ${message.payload.directory}`;
    case "promotion.started":
      return `${heading(message.payload)}\n`;
    case "gates.judged":
      return stepLine("gates", message.payload.summary);
    case "step.started":
      hosts.length = 0;
      return undefined;
    case "host.started":
      return undefined;
    case "host.finished":
      hosts.push(`${message.payload.host} ✓ ${duration(message.payload.seconds)}`);
      return undefined;
    case "host.failed":
      hosts.push(`${message.payload.host} ✗`);
      return undefined;
    case "step.finished": {
      const { step, seconds, detail } = message.payload;
      // A step that had nothing to do is not worth a line.
      if (detail === "" && hosts.length === 0) return undefined;
      return stepLine(stepTitle(step), hosts.length > 0 ? shorten(hosts) : detail, seconds);
    }
    case "step.failed": {
      const { step, seconds, reason } = message.payload;
      // Waiting for people is no failure; the last lines say for whom, and until when.
      if (reason.code === "ApprovalPending") return stepLine(stepTitle(step), "… waits for people", seconds);
      const code = reason.message.includes(reason.code) ? "" : `${reason.code}: `;
      return stepLine(stepTitle(step), `✗ ${code}${reason.message}`, seconds);
    }
    case "failure.report":
      return report(message.payload);
    case "promotion.finished":
      return `\n${conclusion(message.payload)}`;
    case "resume.planned":
      return message.payload.action === "nothing"
        ? `${message.payload.reason}.`
        : `Interrupted: ${message.payload.reason}.`;
    case "cleanup.deleting": {
      const { of, threshold, done, versions } = message.payload;
      return `  above ${threshold} %: old versions of ${of}, ${done} of ${versions} deleted`;
    }
    case "interrupted":
      return `  ${message.payload.signal}: the step under way ends, then the environment is brought to a defined state. Once more: leave now.`;
    case "warning":
      return `  warning    ${message.payload.message}`;
  }
}

const shorten = (hosts: readonly string[]) =>
  hosts.length <= 3 ? hosts.join("   ") : `${hosts.slice(0, 3).join("   ")}   and ${hosts.length - 3} more`;

/** One line a step, no animation: for logs and pipes. */
export function plainRenderer(write: Write): Notify {
  const hosts: string[] = [];
  return (message) => {
    const line = lineOf(message, hosts);
    if (line !== undefined) write(`${line}\n`);
  };
}

/** A driver in a process of its own, told by messages what to do. Started by `process.ts`. */
import { FileLedger } from "../../src/ledger/files/fileLedger.ts";
import type { Lease, Ledger } from "../../src/ledger/ledger.ts";
import { asFailure } from "../../src/release/failure.ts";
import { intent, note } from "./entries.ts";
import type { Answer, Command } from "./process.ts";

const [kind = "", place = "", leaseTime = ""] = process.argv.slice(2);
const options = { leaseTime: Number(leaseTime) };

async function open(): Promise<Ledger> {
  if (kind === "files") return new FileLedger({ directory: place, shared: true, ...options });
  // Half of the start-up time, which the others need not wait for.
  const { connect } = await import("../../src/ledger/postgres/connect.ts");
  const { PostgresLedger } = await import("../../src/ledger/postgres/postgresLedger.ts");
  return new PostgresLedger({ ...connect(place), ...options });
}

const ledger = await open();
let lease: Lease | undefined;

async function obey(command: Command): Promise<void> {
  const answer = (value: Answer) => process.send?.(value);
  try {
    switch (command.do) {
      case "acquire": {
        const promotion = `of ${process.pid}`;
        lease = await ledger.acquire(command.environment, { promotion, actor: "octo-dev" });
        answer({ done: lease.fence });
        break;
      }
      case "intent":
        answer({ done: (await ledger.append(command.environment, intent(lease ?? { fence: 0 }, "p"))).seq });
        break;
      case "notes":
        for (let i = 0; i < command.count; i++)
          answer({ done: (await ledger.append(command.environment, note(`${process.pid} ${i}`))).seq });
        answer({ done: 0 });
        break;
    }
  } catch (thrown) {
    answer({ failed: asFailure(thrown).code, message: asFailure(thrown).message });
  }
}

process.on("message", (command: Command) => void obey(command));
process.send?.({ done: 0 });

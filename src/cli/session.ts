import type { DriverContext } from "../automation/context.ts";
import { makeContext } from "../automation/makeContext.ts";
import type { Message, Notify, PromotionResult } from "../automation/messages.ts";
import type { Secrets } from "../automation/secrets.ts";
import { asFailure, Failure } from "../release/failure.ts";
import { exitOf, exitOfResult, exits } from "./exit.ts";
import { actionsLog } from "./render/actions.ts";
import { failureText } from "./render/failure.ts";
import { jsonRenderer } from "./render/json.ts";
import { liveRenderer } from "./render/live.ts";
import { plainRenderer } from "./render/plain.ts";
import { enterWorld, findWorld } from "./world.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  json?: boolean;
  directory: string;
  engine?: string;
  /** Directory of a rehearsal world; default the one kept in the project. False: none, even if one is kept. */
  world?: string | false;
}

/** What a command gets: the driver's context, and a way to show its result. */
export interface Session {
  context: DriverContext;
  json: boolean;
  /** A result: one JSON object, or text for people. */
  show: (event: string, result: object, text: string) => void;
}

const out = (text: string) => void process.stdout.write(text);
const err = (text: string) => void process.stderr.write(text);

/** For people: on standard output, beside `--json` on standard error; alive on a terminal. */
function renderer(json: boolean): Notify & Partial<Disposable> {
  const [stream, write] = json ? [process.stderr, err] : [process.stdout, out];
  const people = stream.isTTY ? liveRenderer(write, () => stream.columns) : plainRenderer(write);
  if (!json) return people;
  const machine = jsonRenderer(out);
  const both: Notify = (message) => {
    machine(message);
    people(message);
  };
  return Object.assign(both, { [Symbol.dispose]: () => (people as Partial<Disposable>)[Symbol.dispose]?.() });
}

function parseEngine(name: string | undefined): "pulumi" | "rehearsal" | undefined {
  if (name === undefined || name === "pulumi" || name === "rehearsal") return name;
  throw new Failure({
    code: "UsageInvalid",
    message: `expected --engine pulumi or rehearsal, got "${name}"`,
    fault: "user",
  });
}

/** First signal: end in a defined state. Second: leave at once; `resume` mends what is left. */
function listen(context: DriverContext): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (context.interruption.signal !== undefined) process.exit(exits.interrupted);
      context.interruption.signal = signal;
      context.notify({ code: "interrupted", payload: { signal } });
    });
}

function showFailure(failure: Failure, json: boolean, secrets: Secrets | undefined): void {
  const { code, message, hint, fault } = failure;
  const event = { event: "failed", time: new Date().toISOString(), code, message, hint, fault };
  if (json) out(`${JSON.stringify(secrets?.maskAll(event) ?? event)}\n`);
  const text = failureText(failure);
  err(`${secrets?.mask(text) ?? text}\n`);
}

const maskedBy = (secrets: Secrets | undefined, { code, message, hint }: Failure) => ({
  code,
  message: secrets?.mask(message) ?? message,
  hint: hint && (secrets?.mask(hint) ?? hint),
});

/** Runs a command's action with an engine chosen and named, and turns how it ended into an exit code. */
export async function inSession(
  options: GlobalOptions,
  action: (session: Session) => Promise<PromotionResult | number | undefined>,
): Promise<void> {
  const json = options.json ?? false;
  const notify = renderer(json);
  // Standard output may be a file there; the runner reads both streams.
  const actions = actionsLog(process.env, err);
  let secrets: Secrets | undefined;
  try {
    const world = options.world === false ? undefined : findWorld(options.directory, options.world);
    const wish = parseEngine(options.engine);
    if (world) enterWorld(world);
    const context = makeContext({
      workDirectory: world?.workDirectory ?? options.directory,
      world,
      engine: wish,
      environment: world?.environment ?? {},
      notify: (message: Message) => {
        notify(message);
        actions?.notify(message);
      },
    });
    secrets = context.secrets;
    listen(context);
    const show = (event: string, result: object, text: string) => {
      if (json) out(`${JSON.stringify(context.secrets.maskAll({ event, ...result }))}\n`);
      (json ? err : out)(`${context.secrets.mask(text)}\n`);
      actions?.show(event, context.secrets.maskAll(result), context.secrets.mask(text));
    };
    const ended = await action({ context, json, show });
    process.exitCode =
      ended === undefined ? exits.done : typeof ended === "number" ? ended : exitOfResult(ended);
  } catch (thrown) {
    const failure = asFailure(thrown);
    notify[Symbol.dispose]?.();
    showFailure(failure, json, secrets);
    actions?.failed(maskedBy(secrets, failure));
    process.exitCode = exitOf(failure);
  } finally {
    notify[Symbol.dispose]?.();
  }
  await leave();
}

/** Ends the process once everything is written: after a failed update the SDK's own promises and servers stay open. */
async function leave(): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  process.exit();
}

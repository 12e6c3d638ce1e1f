import { join } from "node:path";
import { ledgerPlace } from "../ledger/place.ts";
import { attempt } from "../notify/attempt.ts";
import { channelsOf } from "../notify/channels.ts";
import { deliveredFile } from "../notify/deliveredFile.ts";
import type { Notification } from "../notify/notification.ts";
import { type DeliveryReport, type Effort, Notifier } from "../notify/notifier.ts";
import { asFailure } from "../release/failure.ts";
import { readChannels, tellsAnybody } from "./channels.ts";
import type { DriverContext } from "./context.ts";
import type { Target } from "./ports.ts";

/** What a notification says of itself; application, environment, person, link and time are added. */
export type Tidings = Omit<Notification, "app" | "environment" | "who" | "link" | "at">;

/** Tells an environment's people, in the background and in order. */
export interface Telling {
  /** Tells what is made of the moment, if anything is. Returns at once and never throws; where nobody is told, nothing is made. */
  send(make: () => Promise<Tidings | undefined>): void;
  /** Waits so many milliseconds at most, and warns of every channel that could not be told. Nothing is told afterwards. */
  finish(deadline: number): Promise<void>;
}

const silent: Telling = { send: () => undefined, finish: () => Promise.resolve() };

/** The page of the workflow run that this is a part of. */
export function runPage(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = variables;
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
}

/** The variables that the engine and we are told by. */
export const variablesOf = ({ environment }: Pick<DriverContext, "environment">) => ({
  ...process.env,
  ...environment,
});

/** What was told, beside the ledger's files; with a ledger elsewhere it is known on this machine only. */
const deliveredOf = (context: DriverContext) =>
  deliveredFile(join(ledgerPlace(context.workDirectory, variablesOf(context)).directory, "delivered"));

/** One line for each channel that was not told everything. */
function shortfalls(reports: readonly DeliveryReport[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { channel, transition, delivered, problem } of reports)
    if (problem !== undefined)
      lines.set(channel, [
        ...(lines.get(channel) ?? []),
        `${transition} ${delivered ? "was told, but" : "was not told:"} ${problem}`,
      ]);
  return [...lines].map(([channel, problems]) => `${channel}: ${problems.join("; ")}`);
}

/**
 * Tells the people whom an environment's configuration names. Where it names nobody, this costs nothing.
 * @param effort how hard each channel is tried
 */
export function tellingOf(context: DriverContext, target: Target, effort: Partial<Effort> = {}): Telling {
  if (!tellsAnybody(target)) return silent;
  const warn = (message: string) => context.notify({ code: "warning", payload: { message } });
  const mask = (text: string) => context.secrets.mask(text);
  const link = runPage(variablesOf(context));
  const notifier = readChannels(context, target).then(
    (config) => new Notifier(channelsOf(config), deliveredOf(context), effort),
  );
  const complete = ({ why, next, ...tidings }: Tidings, at: Date): Notification => ({
    ...tidings,
    app: target.outputs.app,
    environment: target.name,
    who: context.actor,
    ...(why && { why: { ...why, message: mask(why.message) } }),
    ...(next !== undefined && { next: mask(next) }),
    ...(link !== undefined && { link }),
    at,
  });
  notifier.catch(() => undefined);
  let sent: Promise<unknown> = Promise.resolve();
  return {
    send: (make) => {
      const at = context.now();
      const tidings = make();
      tidings.catch(() => undefined);
      sent = sent.then(async () => {
        const found = await tidings;
        if (found) (await notifier).send(complete(found, at));
      });
      // What could not be told must not keep what comes after it from being told.
      sent = sent.catch((thrown: unknown) => warn(`nobody was told: ${asFailure(thrown).message}`));
    },
    finish: async (deadline) => {
      const until = performance.now() + deadline;
      const over = new AbortController();
      const timer = setTimeout(() => over.abort(), deadline);
      const ready = await attempt(() => sent.then(() => notifier), over.signal);
      clearTimeout(timer);
      if (!ready) return warn("nobody was told: whom to tell was not known in time");
      for (const line of shortfalls(await ready.value.flush(Math.max(0, until - performance.now()))))
        warn(line);
    },
  };
}

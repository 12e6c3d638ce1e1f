/** Actions: work that goes on after the answer, and that clients ask about until it is done. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Request } from "../http/exchange.ts";
import type { Router } from "../http/router.ts";
import { found, ok, page } from "./api.ts";
import { regionView } from "./catalogue.ts";
import type { Cloud } from "./cloud.ts";
import type { Action, Droplet } from "./model.ts";

interface Subject {
  id: number;
  type: "droplet" | "reserved_ip" | "volume";
  region: string;
  /** The droplet that a problem is about. */
  droplet: number;
}

/**
 * Starts an action and returns it as it is now, in progress. It is completed when `work` is done, or errored when that
 * rejects; then `settled` is called, and the reason is among the account's problems.
 */
export function perform(
  cloud: Cloud,
  type: string,
  subject: Subject,
  work: () => Promise<void>,
  settled: () => void,
): Action {
  const action: Action = {
    id: cloud.nextId(),
    status: "in-progress",
    type,
    started_at: cloud.now(),
    completed_at: null,
    resource_id: subject.id,
    resource_type: subject.type,
    region: regionView(subject.region),
    region_slug: subject.region,
  };
  cloud.actions.set(action.id, action);
  const finish = (status: "completed" | "errored") => {
    settled();
    action.status = status;
    action.completed_at = cloud.now();
  };
  const run = async () => {
    await sleep(cloud.options.paceMilliseconds, undefined, { ref: false });
    await work();
  };
  run().then(
    () => finish("completed"),
    (cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      cloud.problems.push({ droplet: subject.droplet, doing: type, message });
      finish("errored");
    },
  );
  return action;
}

/** An action on a droplet, which is locked for so long. */
export function performOn(cloud: Cloud, droplet: Droplet, type: string, work: () => Promise<void>): Action {
  droplet.locked = true;
  const subject: Subject = { id: droplet.id, type: "droplet", region: droplet.region, droplet: droplet.id };
  return perform(cloud, type, subject, work, () => {
    droplet.locked = false;
  });
}

/** The actions of one resource, newest first, as the API lists them. */
export function actionsOf(cloud: Cloud, type: Subject["type"], id: number): Action[] {
  const all = [...cloud.actions.values()].toReversed();
  return all.filter((action) => action.resource_type === type && action.resource_id === id);
}

/** Answers with the action that the path names. */
export function answerAction(cloud: Cloud, request: Request, name: string) {
  return ok({ action: found(cloud.actions, Number(request.params[name])) });
}

/** Adds `/v2/actions`. */
export function addActions(router: Router, cloud: Cloud): void {
  router
    .on("GET", "/v2/actions", (request) => page(request, "actions", [...cloud.actions.values()].toReversed()))
    .on("GET", "/v2/actions/:id", (request) => answerAction(cloud, request, "id"));
}

/** Applies a fault to an exchange. */
import type { FaultAction } from "../faults/faults.ts";
import type { Answer } from "./exchange.ts";
import { mergePatch } from "./merge-patch.ts";

/** Makes the body of an answer with this status in the shape the imitated service uses for errors. */
export type ErrorBody = (status: number, message: string) => unknown;

/** The answer of a `status` fault: no work is done. */
export function faultAnswer(action: Extract<FaultAction, { kind: "status" }>, errorBody: ErrorBody): Answer {
  const { status, retryAfterSeconds, body, message } = action;
  return {
    status,
    json: body ?? errorBody(status, message ?? `rehearsed fault: ${status}`),
    ...(retryAfterSeconds === undefined ? {} : { headers: { "retry-after": String(retryAfterSeconds) } }),
  };
}

type Lie = Extract<FaultAction, { kind: "lie" }>;

/** The answer of a `lie` fault: the work was done, something else is said. */
export function lieAbout(answer: Answer, action: Lie): Answer {
  const told = bodyOf(answer, action);
  if (!action.headers) return told;
  const headers = Object.entries({ ...told.headers, ...action.headers });
  return { ...told, headers: Object.fromEntries(headers.flatMap(([k, v]) => (v === null ? [] : [[k, v]]))) };
}

/** A text replaces the body; a patch is merged into a JSON body. Other bodies stay as they are. */
function bodyOf(answer: Answer, action: Lie): Answer {
  const { bytes, json, ...rest } = answer;
  if (action.text !== undefined) return { ...rest, bytes: Buffer.from(action.text) };
  if (action.patch === undefined) return answer;
  if (bytes === undefined) return { ...rest, json: mergePatch(json, action.patch) };
  try {
    const merged = mergePatch(JSON.parse(Buffer.from(bytes).toString()), action.patch);
    return { ...rest, bytes: Buffer.from(JSON.stringify(merged)) };
  } catch {
    return answer;
  }
}

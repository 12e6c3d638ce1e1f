import { trustLimits } from "./limits.ts";

/** Why a stranger's document is not used; worded as "expected …, got …" or "is not …". */
export interface Unusable {
  problem: string;
}

/** Deepest nesting of a JSON text; what stands inside strings does not count. */
function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/**
 * Parses a stranger's JSON: UTF-8 only, no deeper than `trustLimits.depth`, no larger than the limit.
 * @param limit bytes
 */
export function parseHostileJson(bytes: Buffer, limit: number): { value: unknown } | Unusable {
  if (bytes.length > limit)
    return { problem: `expected at most ${limit} bytes of JSON, got ${bytes.length}` };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // Before parsing: what walks the value afterwards may be recursive.
    if (depthOf(text) > trustLimits.depth)
      return { problem: `expected JSON nested at most ${trustLimits.depth} deep` };
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { problem: "is not JSON" };
  }
}

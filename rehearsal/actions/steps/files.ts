/** Files by which a step tells the runner something: GITHUB_ENV, GITHUB_OUTPUT (docs.github.com, "Workflow commands"). */
import { ActionsRefusal } from "../refusal.ts";

/** Reads `name=value` lines and `name<<END … END` blocks. @throws ActionsRefusal for anything else */
export function readPairs(text: string, place: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line === "") continue;
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    const pair = /^([^=]+)=(.*)$/s.exec(line);
    if (block?.[1] !== undefined && block[2] !== undefined) {
      const end = lines.indexOf(block[2], i + 1);
      if (end < 0) throw new ActionsRefusal(`${place}: no line ${block[2]} ends the value of ${block[1]}`);
      pairs[block[1]] = lines.slice(i + 1, end).join("\n");
      i = end;
    } else if (pair?.[1] !== undefined) pairs[pair[1]] = pair[2] ?? "";
    else throw new ActionsRefusal(`${place}: expected name=value, found a line without`);
  }
  return pairs;
}

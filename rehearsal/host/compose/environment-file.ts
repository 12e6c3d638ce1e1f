/** Files with variables, as `--env-file` and `env_file` read them. */
import { interpolate, type Variables } from "./interpolate.ts";

/** Why a file cannot be read; says the line. */
export class EnvironmentFileInvalid extends Error {
  override name = "EnvironmentFileInvalid";
}

/**
 * Reads `NAME=value` lines. Values in single quotes are taken as they are, those in double quotes may have `\n` and
 * variables and go over several lines, others lose what follows ` #`.
 * @param outer variables that values may mention, besides those above them
 */
export function parseEnvironmentFile(text: string, outer: Variables): Map<string, string> {
  const found = new Map<string, string>();
  const variables: Variables = {
    get: (name) => outer.get(name) ?? found.get(name),
    unset: (name) => outer.unset(name),
  };
  const line = /^[ \t]*(?:export[ \t]+)?([^\s=#'"]+)[ \t]*=[ \t]*('[^']*'|"(?:[^"\\]|\\.)*"|[^\n]*)[^\n]*$/m;
  let rest = text.replaceAll("\r\n", "\n");
  let number = 1;
  while (rest !== "") {
    const end = rest.indexOf("\n") < 0 ? rest.length : rest.indexOf("\n");
    const first = rest.slice(0, end).trim();
    let taken = end;
    if (first !== "" && !first.startsWith("#")) {
      const match = line.exec(rest);
      if (!match || match.index !== 0) {
        throw new EnvironmentFileInvalid(
          `line ${number}: unexpected character in variable name near ${JSON.stringify(first)}`,
        );
      }
      const [whole, name = "", raw = ""] = match;
      found.set(name, valueOf(raw, variables));
      taken = whole.length;
    }
    number += rest.slice(0, taken).split("\n").length;
    rest = rest.slice(taken + 1);
  }
  return found;
}

function valueOf(raw: string, variables: Variables): string {
  if (raw.startsWith("'") && raw.endsWith("'") && raw.length > 1) return raw.slice(1, -1);
  if (raw.startsWith('"') && raw.endsWith('"') && raw.length > 1) {
    const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
    const text = raw
      .slice(1, -1)
      .replace(/\\([nrt"\\$])/g, (_, c: string) => (c === "$" ? "$$" : (escapes[c] ?? c)));
    return interpolate(text, variables);
  }
  return interpolate(raw.replace(/(^|\s)#.*$/, "").trim(), variables);
}

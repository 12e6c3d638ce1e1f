/** Variables in compose files. https://docs.docker.com/reference/compose-file/interpolation/ */

/** Why a text cannot be interpolated. */
export class InterpolationFailure extends Error {
  override name = "InterpolationFailure";
}

export interface Variables {
  get(name: string): string | undefined;
  /** Called for a variable that has neither a value nor a default. */
  unset(name: string): void;
}

/**
 * Replaces `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:?message}`, `${A?message}`, `${A:+other}` and
 * `${A+other}`; `$$` is a dollar sign. Defaults may contain variables. @throws InterpolationFailure
 */
export function interpolate(text: string, variables: Variables): string {
  let result = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest)?.[0];
    if (rest.startsWith("$")) {
      result += "$";
      at = dollar + 2;
    } else if (name !== undefined) {
      result += plain(name, variables);
      at = dollar + 1 + name.length;
    } else if (rest.startsWith("{")) {
      const length = braced(rest);
      result += substitute(rest.slice(1, length - 1), text, variables);
      at = dollar + 1 + length;
    } else {
      throw malformed(text);
    }
  }
  return result;
}

/** Length of `{…}` at the start of the text, inner braces counted. */
function braced(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith("${", at)) {
      depth += 1;
      at += 1;
    } else if (text[at] === "{" && at === 0) depth += 1;
    else if (text[at] === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  throw malformed(`$${text}`);
}

function substitute(expression: string, text: string, variables: Variables): string {
  const [, name, operator, word = ""] =
    /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?$/s.exec(expression) ?? [];
  if (name === undefined) throw malformed(text);
  if (operator === undefined) return plain(name, variables);
  const value = variables.get(name);
  const given = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
  const other = () => interpolate(word, variables);
  if (operator.endsWith("+")) return given ? other() : "";
  if (given) return value ?? "";
  if (operator.endsWith("-")) return other();
  throw new InterpolationFailure(
    `required variable ${name} is missing a value${word === "" ? "" : `: ${other()}`}`,
  );
}

function plain(name: string, variables: Variables): string {
  const value = variables.get(name);
  if (value === undefined) variables.unset(name);
  return value ?? "";
}

function malformed(text: string): InterpolationFailure {
  return new InterpolationFailure(
    `invalid interpolation format: ${JSON.stringify(text)}. You may need to escape any $ with another $`,
  );
}

/** Interpolates every text in a document; keys stay as they are. @throws InterpolationFailure with the text's path */
export function interpolateDocument(value: unknown, variables: Variables, path = ""): unknown {
  if (typeof value === "string") {
    try {
      return interpolate(value, variables);
    } catch (cause) {
      if (!(cause instanceof InterpolationFailure)) throw cause;
      throw new InterpolationFailure(`error while interpolating ${path}: ${cause.message}`, { cause });
    }
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => interpolateDocument(item, variables, `${path}.[${index}]`));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        interpolateDocument(item, variables, path === "" ? key : `${path}.${key}`),
      ]),
    );
  }
  return value;
}

/** The small part of Go's templates that `--format` is used with here. */
import { CommandFailure, unsupported } from "./call.ts";

/** Renders `template` for `value`: literal text, `{{.A.B}}`, `{{json .A}}`, `{{index .A "key"}}`, both together, and methods: `{{.Label "key"}}`. */
export function renderTemplate(template: string, value: unknown): string {
  return template.replace(/\{\{(.*?)\}\}/gs, (_, expression: string) => evaluate(expression.trim(), value));
}

function evaluate(expression: string, value: unknown): string {
  const json = /^json\s+(.+)$/s.exec(expression)?.[1];
  if (json !== undefined) return JSON.stringify(operand(json.trim(), value) ?? null);
  const result = operand(expression, value);
  if (typeof result === "string") return result;
  if (typeof result === "number" || typeof result === "boolean") return String(result);
  if (result === undefined || result === null) return "<no value>";
  throw unsupported(`printing the structure {{${expression}}}; use {{json ${expression}}}`, 1);
}

function operand(text: string, value: unknown): unknown {
  const inner = /^\((.*)\)$/s.exec(text)?.[1]?.trim() ?? text;
  const [, path, key] = /^index\s+(\.\S*)\s+"((?:[^"\\]|\\.)*)"$/s.exec(inner) ?? [];
  if (path !== undefined && key !== undefined)
    return field(follow(path, value), JSON.parse(`"${key}"`) as string);
  const [, method, argument] = /^(\.\w+)\s+"((?:[^"\\]|\\.)*)"$/s.exec(inner) ?? [];
  if (method !== undefined && argument !== undefined) {
    const called = follow(method, value);
    if (typeof called === "function") return called(JSON.parse(`"${argument}"`));
  }
  if (/^\.[\w.]*$/.test(inner)) return follow(inner, value);
  throw unsupported(`the template {{${text}}}`, 1);
}

function follow(path: string, value: unknown): unknown {
  const names = path.split(".").filter((name) => name !== "");
  return names.reduce((at, name) => {
    if (isObject(at) && Object.hasOwn(at, name)) return at[name];
    throw new CommandFailure(
      1,
      `template parsing error: template: :1:2: executing "" at <${path}>: map has no entry for key "${name}"`,
    );
  }, value);
}

/** `index` of a key that is not there gives an empty string, as in Go's `map[string]string`. */
function field(value: unknown, name: string): unknown {
  return isObject(value) ? (value[name] ?? "") : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Commands within a step's output, `::name key=value::text` (docs.github.com, "Workflow commands"). */

/** Something shown at a run, and beside a line of a file where it names one. */
export interface Annotation {
  level: "error" | "warning" | "notice";
  message: string;
  title?: string;
  file?: string;
  line?: string;
}

/** What a line of output asks for. */
export type Command =
  | { command: "mask"; value: string }
  | { command: "annotation"; annotation: Annotation }
  | { command: "stop"; until: string }
  | { command: "other"; name: string };

const unescape = (text: string) =>
  text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
const unescapeProperty = (text: string) =>
  text
    .replaceAll("%0D", "\r")
    .replaceAll("%0A", "\n")
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%25", "%");

const isLevel = (name: string): name is Annotation["level"] =>
  name === "error" || name === "warning" || name === "notice";

/** What a line asks for; nothing when it is just output. */
export function commandOf(line: string): Command | undefined {
  const found = /^\s*::([a-zA-Z-]+)(?:\s+([^:]*(?::(?!:)[^:]*)*))?::([\s\S]*)$/.exec(line);
  if (!found) return undefined;
  const [, name = "", properties = "", rest = ""] = found;
  const value = unescape(rest);
  if (name === "add-mask") return { command: "mask", value };
  if (name === "stop-commands") return { command: "stop", until: value };
  if (!isLevel(name)) return { command: "other", name };
  const given = Object.fromEntries(
    properties.split(",").flatMap((pair) => {
      const at = pair.indexOf("=");
      return at > 0 ? [[pair.slice(0, at).trim(), unescapeProperty(pair.slice(at + 1))]] : [];
    }),
  ) as Record<string, string>;
  const { title, file, line: at } = given;
  return {
    command: "annotation",
    annotation: {
      level: name,
      message: value,
      ...(title !== undefined && { title }),
      ...(file !== undefined && { file }),
      ...(at !== undefined && { line: at }),
    },
  };
}

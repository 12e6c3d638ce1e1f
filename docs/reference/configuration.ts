import { z } from "zod";
import { namespace } from "../../stacks/config.ts";
import { configSchema } from "../../stacks/schema.ts";
import { schemaComments } from "./comments.ts";
import { descriptions } from "./descriptions.ts";

/** The part of JSON Schema that zod makes of the configuration. */
interface Shape {
  type?: string;
  format?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  default?: unknown;
  items?: Shape;
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  additionalProperties?: Shape | false;
  required?: string[];
}

interface Row {
  path: string;
  type: string;
  standard: string;
  description: string;
}

const formats: Readonly<Record<string, string>> = {
  "date-time": "time (ISO 8601)",
  email: "e-mail address",
  cidrv4: "address range",
  starts_with: "path",
};

function range({ minimum, exclusiveMinimum, maximum }: Shape): string {
  const from = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  if (from === undefined) return "whole number";
  const open = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  return open ? `whole number from ${from}` : `whole number, ${from} to ${maximum}`;
}

/** A type in words. A secret is `{}`: only zod knows its form. */
function typeOf(shape: Shape): string {
  const [first] = shape.anyOf ?? [];
  if (first) return typeOf(first);
  if (shape.enum) return shape.enum.map((value) => `\`${value}\``).join(" or ");
  if (shape.items) return shape.items.properties ? "list of sections" : `list: ${typeOf(shape.items)}`;
  if (shape.properties) return "section";
  if (shape.additionalProperties) return `${typeOf(shape.additionalProperties)}, by name`;
  if (shape.type === "integer") return range(shape);
  if (shape.type === "string") return formats[shape.format ?? ""] ?? "text";
  return shape.type ?? "secret";
}

function standardOf(shape: Shape, required: boolean): string {
  if (shape.default !== undefined && !shape.properties) return `\`${JSON.stringify(shape.default)}\``;
  return required ? "required" : "–";
}

/** Every key with its place in the file, sections before what is in them. */
function rows(section: Shape, at: string, describe: (path: string) => string): Row[] {
  return Object.entries(section.properties ?? {}).flatMap(([key, shape]) => {
    const path = at === "" ? key : `${at}.${key}`;
    const required = section.required?.includes(key) ?? false;
    const row = {
      path,
      type: typeOf(shape),
      standard: standardOf(shape, required),
      description: describe(path),
    };
    // A candidate has the shape of a release, which is told once.
    if (path === "candidate") return [{ ...row, type: "as `release`" }];
    return [row, ...rows(shape.items ?? shape, path, describe)];
  });
}

const intro = `# Configuration

Every key of \`Pulumi.<environment>.yaml\` below \`config:\`. Top-level keys carry the namespace \`${namespace}:\`
(\`${namespace}:fleet\`), keys within a section do not; those of a list of sections stand in each of its entries. "required" means: required where its section is there.
Keys of other namespaces belong to Pulumi and its providers; an unknown key is refused, and the nearest known one named.

A secret is written by \`pulumi config set --secret --path '${namespace}:registry.token'\` or by \`liftlock init\`, and stands
in the file as \`secure: …\`. \`release\`, \`candidate\` and \`rollout\` are written by Liftlock; do not edit them.

Made from \`stacks/schema.ts\` and the schemas that it is composed of by \`npm run docs\`.

| key | type | default | what it is |
| --- | --- | --- | --- |
`;

/** The reference page, and the keys that nobody described, or that are described but do not exist. */
export function configurationPage(): { text: string; problems: string[] } {
  const comments = schemaComments();
  const schema = z.toJSONSchema(configSchema("file"), { io: "input", unrepresentable: "any" }) as Shape;
  const all = rows(schema, "", (path) => comments.get(path) ?? descriptions[path] ?? "");
  const paths = all.map((row) => row.path);
  const problems = [
    ...all.filter((row) => row.description === "").map((row) => `${row.path}: nobody says what it is`),
    ...Object.keys(descriptions)
      .filter((path) => !paths.includes(path))
      .map((path) => `${path}: described, but the schema has no such key`),
  ];
  const lines = all.map(
    (row) =>
      `| \`${row.path}\` | ${row.type} | ${row.standard} | ${row.description.replaceAll("|", "\\|")} |`,
  );
  return { text: `${intro}${lines.join("\n")}\n`, problems };
}

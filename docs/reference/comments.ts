import { readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { commentOf, parseSource, readSource, root } from "./sources.ts";

/** Sources that the configuration's schema is written in. A name that two of them declare is the first one's. */
const sources = [
  "stacks/schema.ts",
  ...readdirSync(join(root, "stacks/schema")).map((file) => `stacks/schema/${file}`),
  "src/release/release.ts",
  "src/plan/gates/policy.ts",
  "src/plan/retention/policy.ts",
  "src/plan/policy/schema.ts",
  "src/plan/approval.ts",
  "src/trust/policy.ts",
  "src/notify/schema.ts",
];

type Declarations = ReadonlyMap<string, ts.Expression>;

/** Every variable declared at the top of the sources, by its name. */
function declarations(): Declarations {
  const found = new Map<string, ts.Expression>();
  for (const path of sources) {
    const file = parseSource(readSource(path));
    for (const statement of file.statements.filter((node) => ts.isVariableStatement(node)))
      for (const { name, initializer } of statement.declarationList.declarations)
        if (initializer && ts.isIdentifier(name) && !found.has(name.text)) found.set(name.text, initializer);
  }
  return found;
}

/** The object literal that a schema expression hands to `z.strictObject`, looked for through names, calls, arrows and lists. */
function shapeOf(node: ts.Node, known: Declarations): ts.ObjectLiteralExpression | undefined {
  if (ts.isIdentifier(node)) {
    const declared = known.get(node.text);
    return declared && shapeOf(declared, known);
  }
  if (ts.isArrowFunction(node)) return shapeOf(node.body, known);
  if (ts.isPropertyAccessExpression(node)) return shapeOf(node.expression, known);
  if (!ts.isCallExpression(node)) return undefined;
  const [argument] = node.arguments;
  const called = node.expression.getText().replace(/\s/g, "");
  if (called === "z.strictObject")
    return argument && ts.isObjectLiteralExpression(argument) ? argument : undefined;
  if (called === "z.array") return argument && shapeOf(argument, known);
  return shapeOf(node.expression, known);
}

function collect(
  shape: ts.ObjectLiteralExpression,
  at: string,
  known: Declarations,
  into: Map<string, string>,
): void {
  for (const property of shape.properties) {
    if (!ts.isPropertyAssignment(property) && !ts.isShorthandPropertyAssignment(property)) continue;
    const path = at === "" ? property.name.getText() : `${at}.${property.name.getText()}`;
    const comment = commentOf(property);
    if (comment !== "") into.set(path, comment);
    const value = ts.isPropertyAssignment(property) ? property.initializer : property.name;
    const inner = shapeOf(value, known);
    if (inner) collect(inner, path, known, into);
  }
}

/** The TSDoc comments of the configuration's keys, by dotted path (`fleet.size`). */
export function schemaComments(): ReadonlyMap<string, string> {
  const known = declarations();
  const comments = new Map<string, string>();
  const schema = known.get("configSchema");
  const shape = schema && shapeOf(schema, known);
  if (shape) collect(shape, "", known, comments);
  return comments;
}

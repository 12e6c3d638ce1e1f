import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** The repository's root. */
export const root = join(import.meta.dirname, "..", "..");

/** Sources that the configuration's schema is written in. */
const sources = ["stacks/schema.ts", "src/release/release.ts"];

type Declarations = ReadonlyMap<string, ts.Expression>;

/** Every variable declared at the top of the sources, by its name. */
function declarations(): Declarations {
  const found = new Map<string, ts.Expression>();
  for (const path of sources) {
    const text = readFileSync(join(root, path), "utf8");
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    for (const statement of file.statements.filter((node) => ts.isVariableStatement(node)))
      for (const { name, initializer } of statement.declarationList.declarations)
        if (initializer && ts.isIdentifier(name)) found.set(name.text, initializer);
  }
  return found;
}

/** The object literal that a schema expression hands to `z.strictObject`, looked for through names, calls and arrows. */
function shapeOf(node: ts.Node, known: Declarations): ts.ObjectLiteralExpression | undefined {
  if (ts.isIdentifier(node)) {
    const declared = known.get(node.text);
    return declared && shapeOf(declared, known);
  }
  if (ts.isArrowFunction(node)) return shapeOf(node.body, known);
  if (ts.isPropertyAccessExpression(node)) return shapeOf(node.expression, known);
  if (!ts.isCallExpression(node)) return undefined;
  const [argument] = node.arguments;
  if (node.expression.getText().replace(/\s/g, "") === "z.strictObject")
    return argument && ts.isObjectLiteralExpression(argument) ? argument : undefined;
  return shapeOf(node.expression, known);
}

const commentOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "")
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();

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

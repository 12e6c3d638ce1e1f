import { dirname, join } from "node:path";
import ts from "typescript";
import { commentOf, parseSource, readSource } from "./sources.ts";

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** A type as the page shows it. */
export interface ShownType {
  name: string;
  comment: string;
  text: string;
}

const files = new Map<string, ts.SourceFile>();

/** A source file, read once. @param path from the root */
export function fileAt(path: string): ts.SourceFile {
  const known = files.get(path) ?? parseSource(readSource(path));
  files.set(path, known);
  return known;
}

/** Where a file imports a name of ours from. */
function importedFrom(file: ts.SourceFile, name: string): string | undefined {
  for (const statement of file.statements.filter((node) => ts.isImportDeclaration(node))) {
    const named = statement.importClause?.namedBindings;
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    if (!named || !ts.isNamedImports(named) || !from.startsWith(".")) continue;
    if (named.elements.some((element) => element.name.text === name))
      return join(dirname(file.fileName), from);
  }
  return undefined;
}

/** The declaration of a type that a file names, followed through its imports. */
function declarationOf(file: ts.SourceFile, name: string): Declaration | undefined {
  const own = file.statements.find(
    (node): node is Declaration =>
      (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name,
  );
  if (own) return own;
  const from = importedFrom(file, name);
  return from === undefined ? undefined : declarationOf(fileAt(from), name);
}

/** Names of the types within a node, each once. */
export function typesIn(node: ts.Node): string[] {
  const found: string[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isTypeReferenceNode(inner) && ts.isIdentifier(inner.typeName)) found.push(inner.typeName.text);
    if (ts.isExpressionWithTypeArguments(inner) && ts.isIdentifier(inner.expression))
      found.push(inner.expression.text);
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return [...new Set(found)];
}

/** `(typeof names)[number]` as the texts that it stands for. */
function listed(node: Declaration): string | undefined {
  if (!ts.isTypeAliasDeclaration(node) || !ts.isIndexedAccessTypeNode(node.type)) return undefined;
  const name = /^\(typeof (\w+)\)\[number\]$/.exec(node.type.getText())?.[1];
  const list = node
    .getSourceFile()
    .statements.filter((statement) => ts.isVariableStatement(statement))
    .flatMap((statement) => [...statement.declarationList.declarations])
    .find((declaration) => declaration.name.getText() === name)?.initializer;
  const literals = list && ts.isAsExpression(list) ? list.expression : list;
  if (!literals || !ts.isArrayLiteralExpression(literals)) return undefined;
  return `type ${node.name.text} = ${literals.elements.map((element) => element.getText()).join(" | ")};`;
}

/** The codes of failures have a page of their own. */
const elsewhere: Readonly<Record<string, string>> = { FailureCode: "a code of errors.md" };

/** Every type that is named, and those that these name, in the order in which they are met. Names of the language are left out. */
export function typesNamed(file: ts.SourceFile, names: readonly string[]): ShownType[] {
  const shown = new Map<string, ShownType>();
  const add = (from: ts.SourceFile, name: string): void => {
    if (shown.has(name) || name in elsewhere) return;
    const declaration = declarationOf(from, name);
    if (!declaration) return;
    const text = listed(declaration) ?? declaration.getText().replace(/^export /, "");
    shown.set(name, { name, comment: commentOf(declaration), text });
    for (const inner of typesIn(declaration)) add(declaration.getSourceFile(), inner);
  };
  for (const name of names) add(file, name);
  return [...shown.values()];
}

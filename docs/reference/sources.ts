import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** The repository's root. */
export const root = join(import.meta.dirname, "..", "..");

/** One file of the product. */
export interface Source {
  /** From the root. */
  path: string;
  text: string;
}

/** A file of the repository. @param path from the root */
export const readSource = (path: string): Source => ({ path, text: readFileSync(join(root, path), "utf8") });

/** Every source of the product. */
export const productSources = (): Source[] =>
  ["src", "infra", "stacks", "bin"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((path) => /\.(ts|mjs)$/.test(path))
    .map(readSource);

/** A source as its syntax. */
export const parseSource = ({ path, text }: Source): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

/** The comment directly above a declaration or a member, in one line; a list keeps its lines. */
export const commentOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .filter((doc) => !/\n\s*\n/.test(node.getSourceFile().text.slice(doc.end, node.getStart())))
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "")
    .join(" ")
    .replace(/\s*\n(?!- )\s*|[^\S\n]+/g, " ")
    .trim();

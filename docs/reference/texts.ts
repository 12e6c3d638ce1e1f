import ts from "typescript";
import { parseSource, type Source } from "./sources.ts";

/** Fewer fixed characters than these would fit everything. */
const shortest = 10;

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A text of a source as a pattern: what is filled in may be anything. It may stand behind a subject, and nothing follows it. */
function patternOf(parts: readonly string[]): RegExp | undefined {
  if (parts.join("").trim().length < shortest) return undefined;
  return new RegExp(`${parts.map(escape).join("[\\s\\S]*")}$`);
}

function partsOf(node: ts.Node): string[] | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
}

/** Every text that a source may say, as patterns. */
export function textsOf(source: Source): RegExp[] {
  const found: RegExp[] = [];
  const visit = (node: ts.Node): void => {
    const parts = partsOf(node);
    const pattern = parts && patternOf(parts);
    if (pattern) found.push(pattern);
    ts.forEachChild(node, visit);
  };
  visit(parseSource(source));
  return found;
}

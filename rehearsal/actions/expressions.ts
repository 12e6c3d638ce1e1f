/** Expressions of workflows, evaluated by GitHub's own library. */
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { ActionsRefusal } from "./refusal.ts";

/** What an expression may name: `github`, `env`, `steps`, … */
export type Contexts = Readonly<Record<string, unknown>>;

/** How things stand where the expression is: what `success()` and the like answer. */
export type Standing = "success" | "failure" | "cancelled";

const statusFunctions = ["always", "success", "failure", "cancelled"] as const;

const functions = (standing: Standing) =>
  new Map(
    statusFunctions.map((name) => [
      name,
      {
        name,
        description: "",
        minArgs: 0,
        maxArgs: 0,
        call: () => new data.BooleanData(name === "always" || name === standing),
      },
    ]),
  );

const contextOf = (contexts: Contexts): data.Dictionary =>
  JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;

function parsed(expression: string, contexts: Contexts, standing: Standing) {
  try {
    const { tokens } = new Lexer(expression).lex();
    const known = [...functions(standing).values()];
    return { tokens, tree: new Parser(tokens, Object.keys(contexts), known).parse() };
  } catch (cause) {
    throw new ActionsRefusal(`${expression}: ${String(cause)}`);
  }
}

function evaluateData(expression: string, contexts: Contexts, standing: Standing): data.ExpressionData {
  const { tree } = parsed(expression, contexts, standing);
  return new Evaluator(tree, contextOf(contexts), functions(standing)).evaluate();
}

/** The value of one expression, without its `${{ }}`. @throws ActionsRefusal */
export function evaluate(expression: string, contexts: Contexts, standing: Standing = "success"): unknown {
  const value = evaluateData(expression, contexts, standing);
  return JSON.parse(JSON.stringify(value, data.replacer) ?? "null") as unknown;
}

const embedded = /\$\{\{((?:'[^']*'|[^'}]|\}(?!\}))*)\}\}/g;

/** A text with the values of its expressions in place of them. @throws ActionsRefusal */
export const expand = (text: string, contexts: Contexts, standing: Standing = "success"): string =>
  text.replaceAll(embedded, (_, expression: string) =>
    evaluateData(expression.trim(), contexts, standing).coerceString(),
  );

/** As `expand`, but what is one expression and nothing else keeps its type. */
export function expandValue(text: string, contexts: Contexts): unknown {
  const whole = /^\$\{\{([\s\S]*)\}\}$/.exec(text.trim());
  return whole?.[1] !== undefined && !whole[1].includes("${{")
    ? evaluate(whole[1].trim(), contexts)
    : expand(text, contexts);
}

const falsy = (value: unknown) => value === false || value === null || value === "" || value === 0;

/** Whether a condition holds; one that asks for no status holds only after success. @throws ActionsRefusal */
export function holds(condition: string | undefined, contexts: Contexts, standing: Standing): boolean {
  if (condition === undefined) return standing === "success";
  const bare = /^\$\{\{([\s\S]*)\}\}$/.exec(condition.trim())?.[1] ?? condition;
  const { tokens } = parsed(bare, contexts, standing);
  const asks = tokens.some(({ lexeme }) => statusFunctions.some((name) => name === lexeme.toLowerCase()));
  if (!asks && standing !== "success") return false;
  return !falsy(evaluate(bare, contexts, standing));
}

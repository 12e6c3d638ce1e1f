import type { Node, RangeVar } from "libpg-query";

/** `public.orders` */
export const tableName = (relation: RangeVar | undefined): string =>
  [relation?.schemaname, relation?.relname].filter(Boolean).join(".") || "?";

/** The name that a node of the parser's says, in whatever of its forms. */
export function nameOf(node: Node | undefined): string {
  if (node === undefined) return "?";
  if ("String" in node) return node.String.sval ?? "?";
  if ("List" in node) return (node.List.items ?? []).map(nameOf).join(".");
  if ("TypeName" in node) return (node.TypeName.names ?? []).map(nameOf).join(".");
  if ("RangeVar" in node) return tableName(node.RangeVar);
  if ("ObjectWithArgs" in node) return (node.ObjectWithArgs.objname ?? []).map(nameOf).join(".");
  return "?";
}

/** Names as they are compared: PostgreSQL has lowered what is not quoted, and `public` goes without saying. */
export const known = (name: string): string => name.replace(/^public\./, "");

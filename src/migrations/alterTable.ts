import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, Node } from "libpg-query";
import type { Peril } from "./hazards.ts";
import { nameOf, tableName } from "./names.ts";

const serial = ["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"];

/**
 * Functions whose value is the same for a whole statement: a column with such a default needs no rewrite (`provolatile` i or s). Those that
 * defaults are made of; of any other the worst is thought.
 */
const stable = [
  "array_append",
  "concat",
  "date_trunc",
  "json_build_array",
  "json_build_object",
  "jsonb_build_array",
  "jsonb_build_object",
  "lower",
  "make_date",
  "make_interval",
  "md5",
  "now",
  "statement_timestamp",
  "timezone",
  "to_timestamp",
  "transaction_timestamp",
  "upper",
];

const constraintsOf = (nodes: readonly Node[] | undefined): Constraint[] =>
  (nodes ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));

/** Whether an expression calls a function that may say something else for every row. */
function isVolatile(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(isVolatile);
  const { FuncCall: call, ...rest } = node as { FuncCall?: { funcname?: Node[] } };
  const name = call?.funcname?.at(-1);
  if (call && !(name && stable.includes(nameOf(name)))) return true;
  return Object.values(rest).some(isVolatile) || (call !== undefined && isVolatile(Object.values(call)));
}

/** What a new column does to the rows that are there. https://www.postgresql.org/docs/18/sql-altertable.html#SQL-ALTERTABLE-NOTES */
function addColumn(table: string, column: ColumnDef): Peril[] {
  const all = constraintsOf(column.constraints);
  const has = (type: Constraint["contype"]) => all.find(({ contype }) => contype === type);
  const what = `ALTER TABLE ${table} ADD COLUMN ${column.colname ?? "?"}`;
  const type = (column.typeName?.names ?? []).map(nameOf).at(-1) ?? "";
  const standard = has("CONSTR_DEFAULT");
  const numbered = serial.includes(type) || has("CONSTR_IDENTITY") !== undefined;
  const generated = has("CONSTR_GENERATED");
  const filled = numbered || standard !== undefined || generated !== undefined;
  const rewrites =
    numbered ||
    (generated !== undefined && generated.generated_kind !== "v") ||
    (standard !== undefined && isVolatile(standard.raw_expr));
  const required = has("CONSTR_NOTNULL") ?? has("CONSTR_PRIMARY");
  return [
    ...(required && !filled ? [{ hazard: "addNotNull", what } as const] : []),
    ...(rewrites ? [{ hazard: "rewrite", what } as const] : []),
    ...(has("CONSTR_UNIQUE") || has("CONSTR_PRIMARY") ? [{ hazard: "constraintLock", what } as const] : []),
  ];
}

const locking: readonly Constraint["contype"][] = ["CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_EXCLUSION"];

function addConstraint(table: string, constraint: Constraint): Peril[] {
  const what = `ALTER TABLE ${table} ADD CONSTRAINT ${constraint.conname ?? ""}`.trimEnd();
  const { contype, skip_validation: later, indexname } = constraint;
  // Since PostgreSQL 18 NOT NULL is a constraint that can be added so too.
  if (contype === "CONSTR_NOTNULL") return [{ hazard: "setNotNull", what }];
  const reads = locking.includes(contype) && !later;
  const builds = (contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY") && !indexname;
  return reads || builds ? [{ hazard: "constraintLock", what }] : [];
}

/** Commands that write every row anew, or have it read under the strongest lock. */
const rewriting: readonly AlterTableCmd["subtype"][] = [
  "AT_SetLogged",
  "AT_SetUnLogged",
  "AT_SetTableSpace",
  "AT_SetAccessMethod",
  "AT_SetExpression",
];

function ofCommand(table: string, { subtype, name = "?", def }: AlterTableCmd): Peril[] {
  const column = (rest: string) => `ALTER TABLE ${table} ${rest} ${name}`;
  if (subtype === "AT_DropColumn") return [{ hazard: "dropColumn", what: column("DROP COLUMN") }];
  if (subtype === "AT_AlterColumnType") return [{ hazard: "alterType", what: column("ALTER COLUMN TYPE") }];
  if (subtype === "AT_SetNotNull")
    return [{ hazard: "setNotNull", what: column("ALTER COLUMN SET NOT NULL") }];
  if (subtype === "AT_AddColumn" && def && "ColumnDef" in def) return addColumn(table, def.ColumnDef);
  if (subtype === "AT_AddConstraint" && def && "Constraint" in def)
    return addConstraint(table, def.Constraint);
  return rewriting.includes(subtype) ? [{ hazard: "rewrite", what: `ALTER TABLE ${table}` }] : [];
}

/** What `ALTER TABLE` (and `ALTER TYPE … DROP ATTRIBUTE`) can do, command by command. */
export function alterTable({ relation, cmds = [], objtype }: AlterTableStmt): Peril[] {
  if (objtype === "OBJECT_INDEX" || objtype === "OBJECT_SEQUENCE" || objtype === "OBJECT_VIEW") return [];
  return cmds.flatMap((node) =>
    "AlterTableCmd" in node ? ofCommand(tableName(relation), node.AlterTableCmd) : [],
  );
}

import type { DropStmt, Node, RenameStmt } from "libpg-query";
import { alterTable } from "./alterTable.ts";
import type { Peril } from "./hazards.ts";
import { known, nameOf, tableName } from "./names.ts";

/** What others use by its name, and what holds data. A dropped trigger or policy is neither. */
const used: readonly DropStmt["removeType"][] = [
  "OBJECT_TABLE",
  "OBJECT_FOREIGN_TABLE",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_SCHEMA",
  "OBJECT_SEQUENCE",
  "OBJECT_TYPE",
  "OBJECT_DOMAIN",
  "OBJECT_FUNCTION",
  "OBJECT_PROCEDURE",
  "OBJECT_ROUTINE",
  "OBJECT_EXTENSION",
];

const spoken = (type: string | undefined): string =>
  (type ?? "")
    .replace(/^OBJECT_/, "")
    .replace("MATVIEW", "MATERIALIZED VIEW")
    .replaceAll("_", " ");

/** @param made tables that this migration made itself: nobody else uses them yet */
function drops({ removeType, objects = [], concurrent }: DropStmt, made: ReadonlySet<string>): Peril[] {
  const others = objects.map(nameOf).filter((name) => !made.has(known(name)));
  if (others.length === 0) return [];
  const what = `DROP ${spoken(removeType)} ${others.join(", ")}`;
  if (removeType === "OBJECT_INDEX") return concurrent ? [] : [{ hazard: "indexLock", what }];
  return used.includes(removeType) ? [{ hazard: "drop", what }] : [];
}

/** Names that no release says: those of indexes, constraints, triggers, roles, … */
const named: readonly RenameStmt["renameType"][] = [
  "OBJECT_TABLE",
  "OBJECT_FOREIGN_TABLE",
  "OBJECT_VIEW",
  "OBJECT_MATVIEW",
  "OBJECT_COLUMN",
  "OBJECT_ATTRIBUTE",
  "OBJECT_SCHEMA",
  "OBJECT_SEQUENCE",
  "OBJECT_TYPE",
  "OBJECT_DOMAIN",
  "OBJECT_FUNCTION",
  "OBJECT_PROCEDURE",
  "OBJECT_ROUTINE",
  "OBJECT_DATABASE",
];

function renames({ renameType, relation, subname, newname, object }: RenameStmt): Peril[] {
  if (!named.includes(renameType)) return [];
  const at = relation ? tableName(relation) : nameOf(object);
  const old = [at === "?" ? "" : at, subname].filter(Boolean).join(".");
  return [{ hazard: "rename", what: `RENAME ${spoken(renameType)} ${old} TO ${newname ?? "?"}` }];
}

/** Statements that change every row, wherever they stand: also within `WITH`. */
function wholeTables(node: unknown): Peril[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(wholeTables);
  return Object.entries(node).flatMap(([key, value]: [string, unknown]): Peril[] => {
    const { relation, whereClause } = (value ?? {}) as { relation?: object; whereClause?: object };
    const all = relation !== undefined && whereClause === undefined;
    const own: Peril[] =
      all && key === "DeleteStmt"
        ? [{ hazard: "deleteAll", what: `DELETE FROM ${tableName(relation)}` }]
        : all && key === "UpdateStmt"
          ? [{ hazard: "updateAll", what: `UPDATE ${tableName(relation)}` }]
          : [];
    return [...own, ...wholeTables(value)];
  });
}

const optionOf = (options: readonly Node[] | undefined, name: string): boolean =>
  (options ?? []).some((node) => "DefElem" in node && node.DefElem.defname === name);

/** Tables that a statement makes. */
export function tablesMade(node: Node): string[] {
  if ("CreateStmt" in node) return [known(tableName(node.CreateStmt.relation))];
  if ("CreateTableAsStmt" in node) return [known(tableName(node.CreateTableAsStmt.into?.rel))];
  return [];
}

/**
 * What one statement can do.
 * @param made tables that this migration made itself: nobody else uses them yet
 */
export function perilsOf(node: Node, made: ReadonlySet<string>): Peril[] {
  const isNew = (relation: Parameters<typeof tableName>[0]) => made.has(known(tableName(relation)));
  if ("DropStmt" in node) return drops(node.DropStmt, made);
  if ("DropdbStmt" in node)
    return [{ hazard: "drop", what: `DROP DATABASE ${node.DropdbStmt.dbname ?? "?"}` }];
  if ("DropOwnedStmt" in node) return [{ hazard: "drop", what: "DROP OWNED" }];
  if ("AlterTableStmt" in node)
    return isNew(node.AlterTableStmt.relation) ? [] : alterTable(node.AlterTableStmt);
  if ("RenameStmt" in node) return isNew(node.RenameStmt.relation) ? [] : renames(node.RenameStmt);
  if ("AlterEnumStmt" in node && node.AlterEnumStmt.oldVal !== undefined)
    return [
      {
        hazard: "rename",
        what: `RENAME VALUE ${node.AlterEnumStmt.oldVal} TO ${node.AlterEnumStmt.newVal ?? "?"}`,
      },
    ];
  if ("AlterObjectSchemaStmt" in node) {
    const { relation, object, newschema, objectType } = node.AlterObjectSchemaStmt;
    if (isNew(relation)) return [];
    const name = relation ? tableName(relation) : nameOf(object);
    return [{ hazard: "rename", what: `${spoken(objectType)} ${name} SET SCHEMA ${newschema ?? "?"}` }];
  }
  if ("TruncateStmt" in node) {
    const tables = (node.TruncateStmt.relations ?? []).map(nameOf).filter((name) => !made.has(known(name)));
    return tables.length > 0 ? [{ hazard: "truncate", what: `TRUNCATE ${tables.join(", ")}` }] : [];
  }
  if ("IndexStmt" in node) {
    const { concurrent, relation, idxname } = node.IndexStmt;
    return concurrent || isNew(relation)
      ? []
      : [
          {
            hazard: "indexLock",
            what: `CREATE INDEX ${idxname ?? ""} ON ${tableName(relation)}`.replace("  ", " "),
          },
        ];
  }
  if ("ReindexStmt" in node)
    return optionOf(node.ReindexStmt.params, "concurrently")
      ? []
      : [{ hazard: "indexLock", what: "REINDEX" }];
  if ("VacuumStmt" in node && optionOf(node.VacuumStmt.options, "full"))
    return [{ hazard: "rewrite", what: "VACUUM FULL" }];
  if ("ClusterStmt" in node) return [{ hazard: "rewrite", what: "CLUSTER" }];
  if ("DoStmt" in node) return [{ hazard: "unseen", what: "DO" }];
  if ("CallStmt" in node) return [{ hazard: "unseen", what: "CALL" }];
  // What a function will do is not done when it is made.
  if ("CreateFunctionStmt" in node) return [];
  return wholeTables(node).filter(({ what }) => !made.has(known(what.split(" ").at(-1) ?? "")));
}

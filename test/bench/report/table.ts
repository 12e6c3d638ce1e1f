const cells = (row: readonly string[], widths: readonly number[]) =>
  row
    .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
    .join("   ");

/** Rows below a head, columns aligned; the first to the left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${cells(row, widths)}`).join("\n");
}

export const seconds = (value: number) => value.toFixed(2);

export const percent = (value: number) => `${(value * 100).toFixed(1)} %`;

export const verdict = (holds: boolean) => (holds ? "holds" : "missed");

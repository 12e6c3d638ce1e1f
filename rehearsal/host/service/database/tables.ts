/** What a stand-in for PostgreSQL keeps: a folder for each database, in it a file for each table, in that a line for each row. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** A table with its rows, each as it was written: `1, 'a'`. */
export interface Table {
  name: string;
  rows: readonly string[];
}

export class Tables {
  private readonly directory: string;

  /** @param data the server's data folder */
  constructor(data: string, database: string) {
    this.directory = join(data, "base", database);
    mkdirSync(this.directory, { recursive: true });
  }

  names(): string[] {
    return readdirSync(this.directory).sort();
  }

  has(name: string): boolean {
    return existsSync(join(this.directory, name));
  }

  rows(name: string): string[] {
    return readFileSync(join(this.directory, name), "utf8").split("\n").slice(0, -1);
  }

  create(name: string): void {
    writeFileSync(join(this.directory, name), "");
  }

  insert(name: string, rows: readonly string[]): void {
    appendFileSync(join(this.directory, name), rows.map((row) => `${row}\n`).join(""));
  }

  drop(name: string): void {
    rmSync(join(this.directory, name));
  }

  all(): Table[] {
    return this.names().map((name) => ({ name, rows: this.rows(name) }));
  }
}

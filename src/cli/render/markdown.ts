/**
 * Text of others within Markdown: on one line, without effect as Markdown or HTML, and without telling anybody (`@name`) or
 * linking to anything (`#1`).
 */
export const plainMarkdown = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/([\\`*_{}[\]|~])/g, "\\$1")
    .replaceAll(/(?<=^|\W)([@#])(?=\w)/g, "$1\u200b");

/** The same as code. A backtick in it cannot be shown there. */
export const codeMarkdown = (text: string): string =>
  `\`${text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll("`", "'")
    .replaceAll("|", "\\|")}\``;

/** A part that is folded until somebody opens it. */
export const folded = (title: string, body: string): string =>
  `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;

/** A table. Cells are Markdown already. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Text of a stranger, for a message: printable ASCII only, so that no terminal obeys it, and short. */
export function quote(text: string, limit = 120): string {
  const plain = text.slice(0, limit).replace(/[^\x20-\x7e]/g, "?");
  return `"${plain}${text.length > limit ? "…" : ""}"`;
}

/** An identifier of a stranger: as it is when it looks like one, otherwise quoted. */
export const named = (id: string): string => (/^[\w.:+/@-]{1,80}$/.test(id) ? id : quote(id, 80));

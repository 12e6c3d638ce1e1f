const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A text as Go's `%q` prints it, which is how the real provider quotes a script in its errors. */
export function goQuote(text: string): string {
  const escaped = Array.from(text, (character) => {
    const known = ESCAPES[character];
    if (known) return known;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, "0")}` : character;
  });
  return `"${escaped.join("")}"`;
}

/** What a script printed, as the real provider keeps it: without one newline at the end. */
export const trimmed = (output: string): string => (output.endsWith("\n") ? output.slice(0, -1) : output);

/** Lines and words of a configuration. https://docs.haproxy.org/3.0/configuration.html#2.2 */

export interface Line {
  number: number;
  words: readonly string[];
}

/** Splits a text into lines of words; quotes and backslashes protect, `#` begins a comment. Lines without words are left out. */
export function readLines(text: string): Line[] {
  return text
    .split("\n")
    .map((line, index) => ({ number: index + 1, words: wordsOf(line) }))
    .filter(({ words }) => words.length > 0);
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? "";
    if (quote === "'" ? letter === "'" : quote !== "" && letter === quote) quote = "";
    else if (letter === "\\" && quote !== "'") {
      at += 1;
      word = (word ?? "") + (line[at] ?? "");
    } else if (quote !== "") word = (word ?? "") + letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (letter === "#") break;
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}

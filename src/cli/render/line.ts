/** Columns that a line for people keeps to; a step's time stands to the right of them. */
const width = 96;

/** Before a step's text: two blanks, its title in ten columns, a blank. */
const indent = 13;

/** `0.8 s`, `4 min 10 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Breaks a text between its ` · ` so that no line is wider than `room`, unless a single part is. */
export function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const part of text.split(" · ")) {
    const last = lines.pop();
    if (last === undefined) lines.push(part);
    // Two more columns: a line that goes on ends in a dot.
    else if (last.length + part.length + 5 <= room) lines.push(`${last} · ${part}`);
    else lines.push(`${last} ·`, part);
  }
  return lines;
}

/** Lines under one title: the first beside it, the others below the first. */
export function titled(title: string, lines: readonly string[]): string {
  const [first = "", ...others] = lines;
  return [`  ${title.padEnd(10)} ${first}`, ...others.map((line) => `${" ".repeat(indent)}${line}`)].join(
    "\n",
  );
}

/** A step's line: title, what was found, time. What is long goes on below. */
export function stepLine(title: string, detail: string, seconds?: number): string {
  const text = titled(
    title,
    detail.split("\n").flatMap((line) => wrap(line, width - indent)),
  );
  if (seconds === undefined) return text;
  const end = text.length - (text.lastIndexOf("\n") + 1);
  return `${text}${" ".repeat(Math.max(0, width - end))} ${duration(seconds).padStart(8)}`;
}

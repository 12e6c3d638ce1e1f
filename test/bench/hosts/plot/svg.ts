/** Small line charts as SVG, readable on light and on dark ground. */

export interface Point {
  x: number;
  y: number;
}

/** A line; points whose y is no number are gaps. */
export interface Line {
  name: string;
  points: readonly Point[];
  /** Class of `style`: a to d, or bad. */
  look: "a" | "b" | "c" | "d" | "bad";
  /** Filled down to the axis. */
  filled?: boolean;
}

/** One chart of a sheet, with an axis of its own. */
export interface Panel {
  title: string;
  unit: string;
  lines: readonly Line[];
  /** The axis reaches so far at least. */
  reach?: number;
}

/** Charts one below the other, over the same time. */
export interface Sheet {
  title: string;
  /** What was done and how, below the title. */
  about: string;
  /** Seconds; the axis of all. */
  from: number;
  to: number;
  panels: readonly Panel[];
}

const size = { width: 760, left: 62, right: 16, head: 64, panel: 118, gap: 46, foot: 34 };

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .faint { fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .ground { fill: #ffffff; }
  path { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
  .a { stroke: #0969da; } .b { stroke: #bf5700; } .c { stroke: #1a7f37; } .d { stroke: #8250df; } .bad { stroke: #d1242f; }
  .fill { stroke: none; opacity: .18; }
  .fill.a { fill: #0969da; } .fill.b { fill: #bf5700; } .fill.c { fill: #1a7f37; } .fill.d { fill: #8250df; } .fill.bad { fill: #d1242f; opacity: .55; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #9198a1; } .grid { stroke: #3d444d; } .ground { fill: #0d1117; }
    .a { stroke: #58a6ff; } .b { stroke: #f0883e; } .c { stroke: #3fb950; } .d { stroke: #bc8cff; } .bad { stroke: #ff7b72; }
    .fill.a { fill: #58a6ff; } .fill.b { fill: #f0883e; } .fill.c { fill: #3fb950; } .fill.d { fill: #bc8cff; } .fill.bad { fill: #ff7b72; }
  }`;

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A round number not below this one: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  const power = value > 0 ? 10 ** Math.floor(Math.log10(value)) : 0;
  // Of the very smallest numbers there is no such power.
  if (power === 0) return 1;
  return ([1, 2, 5].find((factor) => factor * power >= value) ?? 10) * power;
}

const at = (value: number) => Number(value.toFixed(1));

/** Stretches of points without a gap. */
function stretches(points: readonly Point[]): Point[][] {
  const found: Point[][] = [[]];
  for (const point of points)
    if (Number.isFinite(point.y)) found.at(-1)?.push(point);
    else if (found.at(-1)?.length) found.push([]);
  return found.filter((stretch) => stretch.length > 0);
}

interface Place {
  x: (value: number) => number;
  y: (value: number) => number;
  bottom: number;
}

function draw({ points, look, filled }: Line, { x, y, bottom }: Place): string {
  return stretches(points)
    .map((stretch) => {
      const way = stretch.map((p) => `${at(x(p.x))} ${at(y(p.y))}`).join("L");
      const [first, last] = [stretch[0]?.x ?? 0, stretch.at(-1)?.x ?? 0];
      const area = `<path class="fill ${look}" d="M${at(x(first))} ${bottom}L${way}L${at(x(last))} ${bottom}Z"/>`;
      return `${filled ? area : ""}<path class="${look}" d="M${way}"/>`;
    })
    .join("");
}

const text = (x: number, y: number, words: string, more = "") =>
  `<text x="${at(x)}" y="${at(y)}"${more}>${escape(words)}</text>`;

/** Names of the lines, from the right edge to the left. */
function legend(lines: readonly Line[], y: number): string {
  let right = size.width - size.right;
  return lines
    .toReversed()
    .map(({ name, look }) => {
      right -= name.length * 6.6;
      const label = text(right, y, name);
      right -= 24;
      const mark = `<path class="${look}" d="M${at(right)} ${y - 4}h18"/>`;
      right -= 14;
      return label + mark;
    })
    .join("");
}

function panel(one: Panel, index: number, { from, to }: Sheet): string {
  const top = size.head + index * (size.panel + size.gap) + 18;
  const bottom = top + size.panel;
  const [left, right] = [size.left, size.width - size.right];
  const highest = roundUp(
    Math.max(
      one.reach ?? 0,
      ...one.lines.flatMap(({ points }) => points.map((p) => p.y).filter(Number.isFinite)),
    ),
  );
  const place: Place = {
    x: (value) => left + ((value - from) / (to - from)) * (right - left),
    y: (value) => bottom - (value / highest) * size.panel,
    bottom,
  };
  const marks = [0, 0.5, 1].map((share) => {
    const y = place.y(share * highest);
    const line = `<path class="grid" d="M${left} ${at(y)}H${right}"/>`;
    return line + text(left - 8, y + 4, String(share * highest), ' class="faint" text-anchor="end"');
  });
  return [
    text(left, top - 8, `${one.title}, ${one.unit}`),
    legend(one.lines, top - 8),
    ...marks,
    ...one.lines.map((line) => draw(line, place)),
  ].join("");
}

/** Seconds between two marks of the axis of time. */
const between = (span: number) => [1, 2, 5, 10, 20, 30, 60].find((step) => span / step <= 12) ?? 120;

/** The sheet as a document of its own. */
export function drawSheet(sheet: Sheet): string {
  const { from, to, panels } = sheet;
  const height = size.head + panels.length * (size.panel + size.gap) + size.foot - 20;
  const step = between(to - from);
  const ticks: string[] = [];
  const x = (value: number) =>
    size.left + ((value - from) / (to - from)) * (size.width - size.left - size.right);
  for (let value = Math.ceil(from / step) * step; value <= to; value += step)
    ticks.push(text(x(value), height - 14, `${value} s`, ' class="faint" text-anchor="middle"'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-label="${escape(sheet.title)}">`,
    `<style>${style}\n</style>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    text(16, 26, sheet.title, ' class="title"'),
    text(16, 46, sheet.about, ' class="faint"'),
    ...panels.map((one, index) => panel(one, index, sheet)),
    ...ticks,
    "</svg>\n",
  ].join("\n");
}

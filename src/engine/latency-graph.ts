// A graph of numbers in characters, as LATENCY GRAPH shows it: a column for each sample, its height between the least and
// the greatest of all, and its age written downwards below it.

export interface GraphColumn {
  readonly value: number;
  readonly label: string;
}

const ROWS = 4;
const COLUMNS_MAX = 80;
/** How full the topmost cell of a column is. */
const TOPS = '_o#';
const STEPS = ROWS * TOPS.length;

/** The lines of the graph, each with its end. Many columns are shown in several rows of them. */
export function latencyGraph(columns: readonly GraphColumn[]): string {
  const values = columns.map(({ value }) => value);
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const steps = values.map((value) => Math.min(STEPS - 1, Math.floor(((value - least) / range) * STEPS)));
  let text = '';
  for (let from = 0; from < columns.length; from += COLUMNS_MAX) {
    const part = columns.slice(from, from + COLUMNS_MAX);
    const tops = steps.slice(from, from + COLUMNS_MAX);
    for (let row = ROWS - 1; row >= 0; row--) text += `${tops.map((step) => cell(step, row)).join('')}\n`;
    text += `${' '.repeat(part.length)}\n`;
    const labelRows = Math.max(...part.map(({ label }) => label.length));
    for (let row = 0; row < labelRows; row++) text += `${part.map(({ label }) => label[row] ?? ' ').join('')}\n`;
  }
  return text;
}

function cell(step: number, row: number): string {
  const top = Math.floor(step / TOPS.length);
  if (row > top) return ' ';
  return row < top ? '|' : TOPS[step % TOPS.length]!;
}

/** An age as a label: "8s", "5m", "2h", "1d". */
export function ageLabel(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

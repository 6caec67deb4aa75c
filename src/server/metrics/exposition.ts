// Metrics as text in Prometheus's exposition format, version 0.0.4: for each metric its type, then a line for each set of
// labels with the value.

export type MetricType = 'gauge' | 'counter' | 'summary' | 'histogram';
export type Labels = Readonly<Record<string, string>>;

const PREFIX = 'redis_';
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Metric {
  readonly type: MetricType;
  readonly lines: string[];
}

export class Exposition {
  private readonly metrics = new Map<string, Metric>();

  /** Adds a value; the lines of a metric stand together, whatever came between them. `suffix`: "_bucket" and the like. */
  add(name: string, type: MetricType, value: number, labels: Labels = {}, suffix = ''): void {
    let metric = this.metrics.get(name);
    if (metric === undefined) {
      metric = { type, lines: [] };
      this.metrics.set(name, metric);
    }
    metric.lines.push(`${PREFIX}${name}${suffix}${labelText(labels)} ${numberText(value)}\n`);
  }

  text(): string {
    let text = '';
    for (const [name, { type, lines }] of this.metrics) text += `# TYPE ${PREFIX}${name} ${type}\n${lines.join('')}`;
    return text;
  }
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

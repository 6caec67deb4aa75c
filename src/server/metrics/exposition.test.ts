import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exposition } from './exposition.ts';

test('the lines of a metric stand together under its type', () => {
  const out = new Exposition();
  out.add('up', 'gauge', 1);
  out.add('calls_total', 'counter', 3, { cmd: 'get' });
  out.add('took', 'histogram', 2, { cmd: 'get', le: '+Inf' }, '_bucket');
  out.add('calls_total', 'counter', 0.5, { cmd: 'set' });
  out.add('took', 'histogram', Number.POSITIVE_INFINITY, { cmd: 'get' }, '_sum');
  assert.equal(
    out.text(),
    [
      '# TYPE redis_up gauge',
      'redis_up 1',
      '# TYPE redis_calls_total counter',
      'redis_calls_total{cmd="get"} 3',
      'redis_calls_total{cmd="set"} 0.5',
      '# TYPE redis_took histogram',
      'redis_took_bucket{cmd="get",le="+Inf"} 2',
      'redis_took_sum{cmd="get"} +Inf',
      '',
    ].join('\n'),
  );
});

test('what clients can choose does not end a label', () => {
  const out = new Exposition();
  out.add('errors_total', 'counter', 1, { err: 'a"} 1\n\\' });
  assert.ok(out.text().endsWith('redis_errors_total{err="a\\"} 1\\n\\\\"} 1\n'));
});

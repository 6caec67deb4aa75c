import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageLabel, latencyGraph } from './latency-graph.ts';

test('a graph is drawn as redis-server 7.0.15 draws it', () => {
  const samples: readonly (readonly [number, number])[] = [
    [10, 15],
    [106, 14],
    [20, 13],
    [120, 11],
    [148, 10],
    [5, 9],
    [191, 8],
    [148, 7],
    [80, 6],
    [147, 4],
    [60, 3],
    [148, 2],
    [147, 1],
  ];
  const columns = samples.map(([value, age]) => ({ value, label: ageLabel(age) }));
  assert.equal(
    latencyGraph(columns),
    [
      '    _ #_ _ __',
      ' _ o| || | ||',
      ' | || ||o|_||',
      '_|_||_|||||||',
      '             ',
      '1111198764321',
      '54310ssssssss',
      'sssss        ',
      '',
    ].join('\n'),
  );
});

test('equal values are a flat line', () => {
  const columns = [100, 100].map((value) => ({ value, label: '5m' }));
  assert.equal(latencyGraph(columns), '  \n  \n  \n__\n  \n55\nmm\n');
});

test('more than 80 columns take several rows', () => {
  const columns = Array.from({ length: 160 }, (_, index) => ({ value: index, label: '1s' }));
  const lines = latencyGraph(columns).split('\n');
  assert.equal(lines.length, 15);
  assert.ok(lines.every((line) => line.length === 80 || line === ''));
});

test('ages are told in the largest unit', () => {
  assert.deepEqual([0, 59, 60, 3599, 3600, 86_399, 86_400, 1e6].map(ageLabel), [
    '0s',
    '59s',
    '1m',
    '59m',
    '1h',
    '23h',
    '1d',
    '11d',
  ]);
});

// MEMORY DOCTOR: whether anything about the use of memory looks wrong.

import type { MemoryFacts } from './memory-facts.ts';

/** Below this nothing can be said: what the process takes by itself outweighs the data. */
const TELLING_BYTES = 5 * 1024 * 1024;
/** Waste below this is not worth a word. */
const WASTE_BYTES_MIN = 10 * 1024 * 1024;
const PEAK_RATIO = 1.5;
const SPARSE_RATIO = 1.4;
const RESIDENT_RATIO = 1.6;
const CLIENT_BYTES_MAX = 200 * 1024;

/** The report, as lines. */
export function memoryReport(facts: MemoryFacts, clientCount: number): string {
  const { used, peak, flat, segments, resident, clients } = facts;
  if (flat < TELLING_BYTES) return 'There is too little data to judge the use of memory by.\n';
  const lines: string[] = [];
  if (peak > used * PEAK_RATIO) {
    lines.push(
      'Peak: once half as much again was used, or more. Memory that was freed since goes back segment by segment, as ' +
        'whole segments become empty.',
    );
  }
  if (segments > flat * SPARSE_RATIO && segments - flat > WASTE_BYTES_MIN) {
    lines.push(
      'Sparse segments: much was deleted, and what is left lies scattered over segments that cannot be given back. New ' +
        'data will fill them; a restart packs them.',
    );
  }
  if (resident > segments * RESIDENT_RATIO && resident - segments > WASTE_BYTES_MIN) {
    lines.push(
      'Resident memory: the process takes much more than its data, as after large replies or many clients. MEMORY PURGE ' +
        'gives back what can be.',
    );
  }
  if (clientCount > 0 && clients / clientCount > CLIENT_BYTES_MAX) {
    lines.push(
      'Client buffers: clients take much memory each. Some do not read their replies, or send very large requests; ' +
        'CLIENT LIST shows them (omem, qbuf).',
    );
  }
  if (lines.length === 0) return 'Nothing about the use of memory looks wrong.\n';
  return `Some things look wrong:\n\n${lines.map((line) => ` * ${line}\n`).join('')}`;
}

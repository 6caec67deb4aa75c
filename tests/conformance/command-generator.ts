// Commands made up from their definitions' grammar: right ones, nearly right ones and wrong ones, over few keys so that
// they meet, with values at the edges of what numbers and strings can be. The same seed gives the same commands.

import type { ArgumentDefinition, CommandDefinition } from '../../src/engine/command.ts';
import { Prng } from '../../src/lib/prng.ts';
import { chooseLimits, LIMITS } from './encodings.ts';
import { comparable, isNewer } from './left-out.ts';

/** Keys that the commands of a group like best, so that their values grow. */
const GROUP_KEYS: Readonly<Record<string, readonly string[]>> = {
  list: ['l1', 'l2'],
  set: ['s1', 's2', 's3'],
  hash: ['h1', 'h2'],
  'sorted-set': ['z1', 'z2', 'z3'],
  geo: ['g1', 'z1'],
  stream: ['x1', 'x2'],
  bitmap: ['b1', 'b2'],
  hyperloglog: ['p1', 'p2', 'p3'],
};
/** Keys that hold what can be sorted. */
const SORTED_KEYS = ['l1', 'l2', 's1', 's2', 'z1', 'z2', 'g1'];
export const KEYS = ['a', 'b', 'c', 'key:d', '', '__proto__', 'nul\0cr\r\nff\xff', 'k'.repeat(300)];
const CHANNELS = ['news', 'n', '', 'chan\0\r\n\xff', 'constructor'];
const INTEGERS = [
  '0',
  '1',
  '-1',
  '2',
  '3',
  '5',
  '10',
  '15',
  '16',
  '100',
  '-100',
  '2147483647',
  '2147483648',
  '-2147483648',
  '-2147483649',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740991',
  '-9007199254740992',
  '-9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '-9223372036854775809',
  '18446744073709551615',
  '18446744073709551616',
  '1e3',
  ' 1',
  '1 ',
  '',
  '+1',
  '007',
  '-0',
  '1.0',
  '0x10',
  'abc',
  '1\0',
  '99999999999999999999999999',
];
const DOUBLES = [
  '0',
  '1',
  '-1',
  '0.1',
  '-0.1',
  '1.5',
  '3.0',
  '3.14159265358979',
  '1e3',
  '1e-10',
  '-1e10',
  '1e308',
  '1e400',
  '-1e4000',
  '1e-400',
  '5e-324',
  'inf',
  '-inf',
  '+inf',
  'infinity',
  'nan',
  '-nan',
  '0x1p4',
  '0x',
  '1e',
  '.5',
  '5.',
  '.',
  '+1',
  ' 1',
  '1 ',
  '',
  '-0',
  '-0.0',
  '007',
  'abc',
  '1.0000000000000000000001',
  '123456789012345678901234567890',
  '9007199254740993',
  '17179869184.5',
  '1\0',
];
/** Coordinates: some meet, some lie on borders of cells or of the world. */
const LONGITUDES = [
  '13.361389',
  '15.087269',
  '0',
  '-0',
  '2.35',
  '-122.4194',
  '-122.5',
  '179.9',
  '-179.9',
  '180',
  '-180',
  '90',
];
const LATITUDES = [
  '38.115556',
  '37.502669',
  '0',
  '48.85',
  '-33.9',
  '66.5',
  '-80.2',
  '84.9',
  '-84.9',
  '85.05112878',
  '42',
];
const LENGTHS = ['0', '1', '10', '200', '500', '5000', '12000', '30000', '1e6', '0.5', '33.3', '1e12'];
const PLACES: Readonly<Record<string, readonly string[]>> = {
  longitude: LONGITUDES,
  latitude: LATITUDES,
  radius: LENGTHS,
  width: LENGTHS,
  height: LENGTHS,
};
/** Members, fields and elements: few, so that they meet. */
const MEMBERS = [
  'a',
  'b',
  'c',
  'd',
  '',
  '0',
  '1',
  '2',
  '7',
  '-1',
  '12345',
  '70000',
  '-9223372036854775808',
  '9223372036854775807',
  '3000000000',
  '1.5',
  '007',
  '\0\r\n\xff',
  '__proto__',
  'm'.repeat(64),
  'n'.repeat(65),
  'p'.repeat(300),
];
/** Ids of stream entries: mostly small ones that meet, few that leave no room for others. */
const STREAM_IDS = [
  ...['0', '1', '2', '3', '5', '8', '0-1', '1-1', '1-2', '2-1', '3-7', '5-5', '8-18446744073709551615', '10-0', '12'],
  ...['1-1', '2-2', '3-3', '4-4', '5-5', '6-6', '7-7', '9-9', '15-3', '20-1', '33-0', '70-1', '100-0', '300-5'],
];
const STREAM_IDS_ODD = [
  ...[
    '0-0',
    '-',
    '+',
    '$',
    '>',
    '(5',
    '(5-5',
    '(0',
    '(-',
    '5-*',
    '20-*',
    '100-*',
    '007-01',
    '',
    'x',
    '5-',
    '-5',
    '1-1-1',
  ],
  ...[
    '9007199254740993-1',
    '18446744073709551615',
    '18446744073709551616',
    '(18446744073709551615-18446744073709551615',
  ],
];
const STREAM_NAMES = ['g', 'h', 'ann', 'bob', '', 'nul\0'];
const STREAM_ID_NAMES = new Set(['id', 'ID', 'start', 'end', 'threshold', 'lastid', 'last-id', 'max-deleted-id']);
const MEMBER_NAMES = new Set(['member', 'element', 'field', 'pivot', 'member1', 'member2']);
const PATTERNS = [
  '*',
  '**',
  'a*',
  '?',
  '[a-c]',
  '[^a]',
  '[b-',
  '\\a',
  '\\',
  '',
  'key:*',
  '*\xff',
  '__proto__',
  'n*',
  '[]',
  'k*k',
];
/** Of SORT's BY and GET: what becomes keys, fields of hashes, or nothing. */
const KEY_PATTERNS = [
  '*',
  '*',
  'h*->a',
  'h*->1',
  '*->a',
  'nosort',
  '#',
  'a',
  'x*',
  'h*',
  '*->',
  '->*',
  'h*->',
  '**',
  'b',
  '',
];
const TYPES = ['string', 'STRING', 'list', 'nosuch', ''];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '10',
  '42',
  '007',
  '+5',
  ' 7',
  '1.5',
  '3.0e3',
  'hello',
  'Hello World',
  'ohmytext',
  'mynewtext',
  '9007199254740993',
  '-9007199254740992',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  'x'.repeat(44),
  'x'.repeat(45),
  'y'.repeat(1024),
  'z'.repeat(1025),
  'long'.repeat(5000),
  '\0\r\n\xff\x80',
  'inf',
  'nan',
  '1e5000',
  '__proto__',
  '12345678901234567890123',
  '3.1415926535897931',
  '$5\r\nhello\r\n',
];
/** Databases, and what is none. */
const DATABASES = ['0', '1', '2', '9', '15', '16', '-1', 'x', '4294967296', '1e1', ''];
/** In the past for both, or so far in the future that nothing expires meanwhile. */
const SECONDS_ODD = [
  '0',
  '-1',
  '-100',
  '9223372036854775807',
  '9223372036854775',
  '9223372036854776',
  '-9223372036854775808',
  '4611686018427387904',
  '1e3',
  '',
  'x',
  '10 ',
];
const UNIX_PAST = ['1', '1000', '1600000000'];

/** Names of integer arguments that are databases, times, or places that must not make values of hundreds of megabytes. */
const DATABASE_NAMES = new Set(['db', 'index', 'index1', 'index2', 'destination-db']);
const TIME_NAMES = new Set(['seconds', 'milliseconds']);

/** How often a group's commands are chosen, and a few commands that would drown the others. */
const GROUP_WEIGHTS: Readonly<Record<string, number>> = {
  string: 10,
  list: 12,
  set: 8,
  bitmap: 6,
  hyperloglog: 5,
  hash: 8,
  'sorted-set': 14,
  stream: 12,
  generic: 8,
  geo: 8,
  transactions: 4,
  pubsub: 1,
  connection: 1,
  server: 2,
};
const COMMAND_WEIGHTS: Readonly<Record<string, number>> = {
  'client|reply': 0.2,
  hello: 0.6,
  reset: 0.2,
  flushall: 0.4,
  flushdb: 0.6,
  exec: 9,
  multi: 6,
  set: 20,
  get: 12,
  select: 3,
  subscribe: 0.4,
  psubscribe: 0.4,
  ssubscribe: 0.4,
  unsubscribe: 1,
  punsubscribe: 1,
  sunsubscribe: 1,
  scan: 3,
  lcs: 3,
  sort: 4,
  sort_ro: 2,
};
/** A batch has either what shows expired keys' absence early, or what makes such keys: their removal is not announced. */
const MEETS_AT_RANDOM = new Set(['randomkey', 'scan']);

/** Commands whose negative count asks for as many members, one as often as it is chosen. */
const RANDOM_CHOICES = new Set(['srandmember', 'hrandfield', 'zrandmember']);
const RANDOM_COUNTS = [
  ...['0', '1', '-1', '2', '-2', '5', '-7', '100', '-100', '9223372036854775807', '9223372036854775808'],
  ...['-9223372036854775808', '-9223372036854775809', 'x', '', '1.5'],
];
/** Offsets of bits: none that would make a string of hundreds of megabytes. */
const BIT_OFFSETS = [
  ...[
    '0',
    '1',
    '7',
    '8',
    '9',
    '31',
    '63',
    '64',
    '100',
    '1000',
    '70000',
    '#0',
    '#1',
    '#3',
    '#100',
    '-1',
    'x',
    '',
    '#',
    '#x',
  ],
  ...[
    '4294967296',
    '9223372036854775807',
    '9223372036854775808',
    '#9223372036854775807',
    '-9223372036854775808',
    '1.0',
  ],
];
const ENDS_TRANSACTION = new Set(['exec', 'discard', 'reset']);

export class CommandGenerator {
  private readonly prng: Prng;
  private readonly pool: { definition: CommandDefinition; weight: number }[];
  private total = 0;
  /** Whether deadlines in the past are made in this batch. */
  private past = false;
  /** Whether a transaction may be open. */
  private inTransaction = false;
  /** Whether one is open for sure. */
  private inSureTransaction = false;
  /** The group of the command that is made. */
  private group = '';
  private chosen = '';
  /** Each relative time is another, so that two clocks agree on which of two is later. */
  private times = 0;

  constructor(seed: number, definitions: readonly CommandDefinition[]) {
    this.prng = new Prng(seed);
    this.pool = comparable(definitions).map((definition) => {
      const weight = COMMAND_WEIGHTS[definition.name] ?? GROUP_WEIGHTS[definition.group] ?? 1;
      this.total += weight;
      return { definition, weight };
    });
  }

  /** The commands that are generated. */
  names(): string[] {
    return this.pool.map(({ definition }) => definition.name);
  }

  /** Limits for the encodings of the next batch: the usual ones every other time. */
  limits(): number[] {
    if (this.chance(0.5)) return LIMITS.map(({ usual }) => usual);
    return chooseLimits((values) => this.pick(values));
  }

  /** One batch: commands that follow each other on one connection. */
  batch(length: number): string[][] {
    this.past = this.chance(0.5);
    this.inTransaction = false;
    const commands: string[][] = [];
    if (this.chance(0.5)) commands.push(['HELLO', '3']);
    while (commands.length < length) {
      if (this.chance(0.05)) commands.push(...this.transaction());
      else commands.push(this.command());
    }
    return commands;
  }

  /** A transaction that is likely to be run; others come about by chance. */
  private transaction(): string[][] {
    const commands = [['MULTI']];
    this.inTransaction = true;
    this.inSureTransaction = true;
    for (let count = this.prng.below(8); count > 0; count--) commands.push(this.command(0.01));
    this.inTransaction = false;
    this.inSureTransaction = false;
    return [...commands, ['EXEC']];
  }

  private command(wrong = 0.12): string[] {
    for (;;) {
      let at = (this.prng.below(1 << 24) / (1 << 24)) * this.total;
      let chosen = this.pool[0]!.definition;
      for (const { definition, weight } of this.pool) {
        chosen = definition;
        at -= weight;
        if (at < 0) break;
      }
      this.group = chosen.group;
      this.chosen = chosen.name;
      // Outside of a transaction they might wait.
      if (chosen.flags?.includes('blocking') === true && !this.inSureTransaction) continue;
      // A subscriber's MULTI is refused; were it none any more, it would be outside of one after all.
      if (this.inSureTransaction && chosen.name.endsWith('unsubscribe')) continue;
      if (this.past && MEETS_AT_RANDOM.has(chosen.name)) continue;
      // Withheld replies within EXEC's leave the rest unreadable, in Redis as well.
      if (this.inTransaction && chosen.name === 'client|reply') continue;
      if (chosen.name === 'multi') this.inTransaction = true;
      else if (ENDS_TRANSACTION.has(chosen.name)) {
        this.inTransaction = false;
        this.inSureTransaction = false;
      }
      const words = harmless(this.mutate(wrong, [...this.name(chosen.name), ...this.args(chosen.args ?? [])]));
      if (!this.past || !isOneSidedScan(words)) return words;
    }
  }

  private name(name: string): string[] {
    return name.split('|').map((word) => (this.chance(0.2) ? this.anyCase(word) : word.toUpperCase()));
  }

  /** Arguments by the grammar; the optional ones behind the others in any order. */
  private args(definitions: readonly ArgumentDefinition[]): string[] {
    const parts: string[][] = [];
    const tail: string[][] = [];
    for (const definition of definitions) {
      if (definition.optional !== true) parts.push(this.argument(definition));
      else if (!isNewer(definition) && this.chance(0.35)) tail.push(this.argument(definition));
    }
    if (this.chance(0.3)) tail.reverse();
    // Keys and ids of streams are the last of all.
    const last = definitions.at(-1)?.name === 'streams' ? parts.splice(-1) : [];
    return [...parts, ...tail, ...last].flat();
  }

  private argument(definition: ArgumentDefinition): string[] {
    const count = definition.multiple === true ? 1 + this.prng.below(this.chance(0.1) ? 12 : 3) : 1;
    const words: string[] = [];
    for (let index = 0; index < count; index++) {
      if (definition.token !== undefined && (index === 0 || definition.multipleToken === true)) {
        words.push(this.chance(0.2) ? this.anyCase(definition.token) : definition.token);
      }
      words.push(...this.value(definition));
    }
    return words;
  }

  private value(definition: ArgumentDefinition): string[] {
    const { name } = definition;
    switch (definition.type) {
      case 'pure-token':
        return [];
      case 'block':
        if (name === 'streams') return this.streams(definition.args![1]!);
        return definition.args!.flatMap((part) => this.argument(part));
      case 'oneof':
        // Two clocks would make two ids.
        return this.argument(this.pick(definition.args!.filter((part) => !isNewer(part) && part.name !== 'auto-id')));
      case 'key':
        return [this.key()];
      case 'integer':
        return [this.integer(name)];
      case 'unix-time':
        return [this.unixTime(name)];
      case 'double':
        return [this.pick(this.chance(0.97) ? (PLACES[name] ?? DOUBLES) : DOUBLES)];
      case 'pattern':
        if (this.chosen.startsWith('sort')) return [this.pick(KEY_PATTERNS)];
        return [this.pick(PATTERNS)];
      case 'string':
        if (name.includes('channel')) return [this.pick(CHANNELS)];
        if (this.group === 'stream') return [this.streamWord(name)];
        if (MEMBER_NAMES.has(name) && this.chance(0.95)) return [this.pick(MEMBERS)];
        return [name === 'type' ? this.pick(TYPES) : this.pick(VALUES)];
    }
  }

  private key(): string {
    if (this.chosen.startsWith('sort') && this.chance(0.7)) return this.pick(SORTED_KEYS);
    const own = GROUP_KEYS[this.group];
    if (own !== undefined && this.chance(0.85)) return this.pick(own);
    if (this.chance(0.8)) return this.pick(KEYS);
    // A HyperLogLog that was made corrupt is refused at once here, and sometimes only later in C Redis.
    const corrupts = this.group === 'string' || this.group === 'bitmap';
    return this.pick(this.pick(Object.values(GROUP_KEYS).filter((keys) => !corrupts || keys[0] !== 'p1')));
  }

  /** Mostly as many ids as keys. */
  private streams(id: ArgumentDefinition): string[] {
    const keys = 1 + this.prng.below(3);
    const ids = this.chance(0.95) ? keys : this.prng.below(4);
    return [
      ...Array.from({ length: keys }, () => this.key()),
      ...Array.from({ length: ids }, () => this.streamWord(id.name)),
    ];
  }

  private streamWord(name: string): string {
    if (name === 'group' || name === 'consumer')
      return this.pick(this.chance(0.9) ? STREAM_NAMES.slice(0, 4) : STREAM_NAMES);
    if (name === 'min-idle-time') return this.pick(this.chance(0.9) ? ['0', '-1'] : INTEGERS);
    if (!STREAM_ID_NAMES.has(name)) return this.pick(this.chance(0.7) ? MEMBERS : VALUES);
    if (name === 'threshold' && this.chance(0.5)) return this.pick(INTEGERS.slice(0, 8));
    // XREAD and XREADGROUP know + since 7.4.
    if (this.chance(0.15))
      return this.pick(STREAM_IDS_ODD.filter((id) => id !== '+' || !this.chosen.startsWith('xread')));
    if (this.chosen === 'xreadgroup' && this.chance(0.6)) return '>';
    if (this.chosen === 'xadd' && this.chance(0.6))
      return `${++this.times}-${this.chance(0.3) ? '*' : this.prng.below(3)}`;
    return this.pick(STREAM_IDS);
  }

  private integer(name: string): string {
    if (DATABASE_NAMES.has(name)) return this.chance(0.8) ? this.pick(DATABASES.slice(0, 3)) : this.pick(DATABASES);
    // C Redis would make a reply of so many random members until its machine has no memory left.
    if (name === 'count' && RANDOM_CHOICES.has(this.chosen)) return this.pick(RANDOM_COUNTS);
    // Nothing waits inside of MULTI; where a failure is made smaller, MULTI may go, and the wait must be short.
    if (name === 'milliseconds' && this.group === 'stream') return this.pick(['1', '2', '3', '-1', 'x', '1.5']);
    if (name === 'offset' && this.group === 'bitmap') return this.pick(BIT_OFFSETS);
    if (!TIME_NAMES.has(name)) return this.chance(0.5) ? this.pick(INTEGERS.slice(0, 11)) : this.pick(INTEGERS);
    return this.chance(0.7) ? String(100_000 + 977 * ++this.times) : this.pick(SECONDS_ODD);
  }

  private unixTime(name: string): string {
    const unit = name.includes('milliseconds') ? 1000 : 1;
    if (this.chance(0.2)) return this.pick(SECONDS_ODD);
    if (this.past && this.chance(0.3)) return this.pick(UNIX_PAST);
    return String((32_503_680_000 + 977 * ++this.times) * unit);
  }

  /** Now and then makes a command wrong. */
  private mutate(probability: number, command: string[]): string[] {
    const words = [...command];
    if (isLeastCount(words)) words[2] = '-1';
    if (!this.chance(probability)) return words;
    const at = 1 + this.prng.below(Math.max(1, words.length - 1));
    const kind = this.prng.below(6);
    if (kind === 0) words.splice(at, 1);
    else if (kind === 1) words.splice(at, 0, this.junk());
    else if (kind === 2 && words.length > 2) words[at] = this.junk();
    else if (kind === 3) words.push(this.junk());
    else if (kind === 4) words.push(...words.slice(at));
    else if (kind === 5)
      // Not 'get\0': redis-server finds GET by it or not, as the seed of its own hash table has it.
      words[0] = this.pick(['NOSUCH', 'GE', 'GETT', '', 'nosuch\0x', 'a\r\nb', '\xff', '__proto__', 'constructor']);
    if (isLeastCount(words)) words[2] = '-1';
    return words.map((word, index) => (this.isShortLife(words, index) ? '100000' : word));
  }

  /** Whether a word would make a key expire while the batch runs: then the two servers need not agree. */
  private isShortLife(words: readonly string[], index: number): boolean {
    if (!/^[1-9]\d{0,4}$/.test(words[index]!)) return false;
    if (index === 2 && /^p?(expire|setex)$/i.test(words[0]!)) return true;
    return /^(ex|px)$/i.test(words[index - 1] ?? '');
  }

  private junk(): string {
    return this.pick(
      this.pick([
        VALUES,
        KEYS,
        ['NX', 'XX', 'GET', 'EX', 'PX', 'KEEPTTL', 'GT', 'LT', 'DB', 'REPLACE', 'COUNT', 'MATCH'],
      ]),
    );
  }

  private anyCase(word: string): string {
    return [...word].map((letter) => (this.chance(0.5) ? letter.toLowerCase() : letter.toUpperCase())).join('');
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.prng.below(choices.length)]!;
  }

  private chance(probability: number): boolean {
    return this.prng.below(10_000) < probability * 10_000;
  }
}

/** A command as it may be sent: without what would keep redis-server busy for ever, or is another arity in 7.2. */
function harmless(words: readonly string[]): string[] {
  const name = words[0]!.toLowerCase();
  if (name === 'srandmember' || name === 'zrandmember') {
    return words.map((word) => (Number(word) < -1000 ? '-5' : word));
  }
  if (name === 'sort') return harmlessSort(words);
  return name === 'zrank' || name === 'zrevrank' ? words.slice(0, 3) : [...words];
}

/**
 * A SORT that stores what both servers find in the same order: by text, since Redis 7.0 takes a number for none once an
 * earlier one was out of range, and without weights, since items without one come in the order of a hash table.
 */
function harmlessSort(words: readonly string[]): string[] {
  const options = words.map((word) => word.toLowerCase());
  if (!options.includes('store', 2)) return [...words];
  const isWeight = (index: number) => options[index - 1] === 'by' && options[index]!.includes('*');
  const kept = words.map((word, index) => (isWeight(index) ? 'nosort' : word));
  return options.includes('alpha', 2) ? kept : [...kept.slice(0, 2), 'ALPHA', ...kept.slice(2)];
}

/** HSCAN and its like with a cursor that only one of the two takes: only that one would delete a key whose time has come. */
function isOneSidedScan(words: readonly string[]): boolean {
  return /^[hsz]scan$/i.test(words[0]!) && /^\s|^-?(\0|$)|^-[1-9]/.test(words[2] ?? '0');
}

/** LREM of the least integer removes everything in 7.0, and is refused by 7.4: the lists would differ from then on. */
function isLeastCount(words: readonly string[]): boolean {
  return words[2] === '-9223372036854775808' && words[0]!.toLowerCase() === 'lrem';
}

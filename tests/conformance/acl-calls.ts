// Calls of commands for the tests of permissions: from the definitions of their arguments, with keys and channels from
// short lists, and with mistakes now and then.

import type { ArgumentDefinition, CommandDefinition } from '../../src/engine/command.ts';
import type { Prng } from '../../src/lib/prng.ts';
import { isNewer } from './left-out.ts';

export interface CallVocabulary {
  readonly keys: readonly string[];
  readonly channels: readonly string[];
  /** Leaves out what the reference does not know yet. */
  readonly onlyReference: boolean;
  /** The share of arguments that are something else than their definition says. */
  readonly wrong: number;
}

const WORDS = [
  '1',
  '0',
  '2',
  'x',
  'm',
  'STORE',
  'KEYS',
  'STREAMS',
  'GET',
  'BY',
  '-1',
  'km',
  '10',
  '(1',
  '[a',
  '+',
  '-',
];
const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  unit: ['m', 'km'],
  longitude: ['1'],
  latitude: ['1'],
  radius: ['1'],
  encoding: ['u8', 'i5'],
  operation: ['AND', 'NOT'],
  'group-name': ['g'],
  min: ['0', '-', '-inf'],
  max: ['1', '+', '+inf'],
  host: ['127.0.0.1'],
  port: ['1'],
  timeout: ['1'],
};

export class CallMaker {
  private readonly random: Prng;
  private readonly vocabulary: CallVocabulary;
  /** Keys that the last count announced, -1 without one. */
  private announced = -1;

  constructor(random: Prng, vocabulary: CallVocabulary) {
    this.random = random;
    this.vocabulary = vocabulary;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.random.below(values.length)]!;
  }

  chance(share: number): boolean {
    return this.random.below(1 << 20) < share * (1 << 20);
  }

  /** The words of a call that has as many arguments as its command takes. */
  call(definition: CommandDefinition, least: number, most: number): string[] {
    this.announced = -1;
    const words = [...definition.name.split('|'), ...this.args(definition, definition.args ?? [])];
    while (words.length < least) words.push(this.word());
    return words.slice(0, most);
  }

  private args(command: CommandDefinition, args: readonly ArgumentDefinition[]): string[] {
    return args.flatMap((arg) => this.arg(command, arg));
  }

  private arg(command: CommandDefinition, arg: ArgumentDefinition): string[] {
    if (this.vocabulary.onlyReference && isNewer(arg)) return [];
    if (arg.optional === true && this.chance(0.5)) return [];
    const isKey = arg.type === 'key' || (arg.args?.some(({ type }) => type === 'key') ?? false);
    let times = arg.multiple === true ? 1 + this.random.below(3) : 1;
    if (isKey && this.announced >= 0) times = this.chance(0.9) ? this.announced : times;
    if (isKey) this.announced = -1;
    // An option that is there twice: the last one counts, and none may be overlooked.
    if (arg.optional === true && this.chance(this.vocabulary.wrong)) times++;
    const words: string[] = [];
    for (let time = 0; time < times; time++) {
      if (arg.token !== undefined && (time === 0 || arg.multipleToken === true || arg.optional === true)) {
        if (arg.token !== '""') words.push(arg.token);
        else if (arg.type === 'pure-token') words.push('');
      }
      words.push(...this.value(command, arg));
    }
    return words;
  }

  private value(command: CommandDefinition, arg: ArgumentDefinition): string[] {
    if (arg.type === 'pure-token') return [];
    if (arg.type === 'oneof') {
      const choices = arg.args!.filter((each) => !this.vocabulary.onlyReference || !isNewer(each));
      return this.arg(command, { ...this.pick(choices), optional: false });
    }
    if (arg.type === 'block') return this.args(command, arg.args!);
    if (this.chance(this.vocabulary.wrong)) return [this.word()];
    if (arg.type === 'key') return [this.pick(this.vocabulary.keys)];
    if (arg.countsKeys === true) {
      this.announced = 1 + this.random.below(3);
      return [String(this.announced)];
    }
    if (arg.name.includes('channel') || (command.channels === 'patterns' && arg.type === 'pattern')) {
      return [this.pick(this.vocabulary.channels)];
    }
    const own = BY_NAME[arg.name];
    if (own !== undefined) return [this.pick(own)];
    if (arg.type === 'integer' || arg.type === 'double' || arg.type === 'unix-time')
      return [this.pick(['0', '1', '2'])];
    if (arg.type === 'pattern') return [this.pick(['*', 'x*', '#', 'nosort'])];
    return [this.word()];
  }

  private word(): string {
    return this.pick(this.chance(0.3) ? this.vocabulary.keys : WORDS);
  }
}

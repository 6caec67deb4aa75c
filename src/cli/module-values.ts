// Values of modules, which say of each of their parts what it is: they can be passed over without the module.

import { RdbError } from '../persistence/rdb/rdb-error.ts';
import type { RdbInput } from '../persistence/rdb/rdb-input.ts';

const END = 0;
const SIGNED = 1;
const UNSIGNED = 2;
const FLOAT = 3;
const DOUBLE = 4;
const STRING = 5;

/** What comes before the time at which a module wants its own part to be loaded. */
export const WHEN_OPCODE = UNSIGNED;

/** Passes over all parts of a value. What is no part is nothing to redis-check-rdb: it looks for the next. */
export function skipModuleValue(input: RdbInput, module: string): void {
  for (let part = input.count(); part !== END; part = input.count()) {
    try {
      skipPart(input, part);
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      input.fail(`Error reading ${NAMES[part] ?? 'a part'} from module ${module} value`);
    }
  }
}

const NAMES: Readonly<Record<number, string>> = {
  [SIGNED]: 'integer',
  [UNSIGNED]: 'integer',
  [FLOAT]: 'float',
  [DOUBLE]: 'double',
  [STRING]: 'string',
};

function skipPart(input: RdbInput, part: number): void {
  if (part === SIGNED || part === UNSIGNED) input.count();
  else if (part === FLOAT) input.int32();
  else if (part === DOUBLE) input.wide();
  else if (part === STRING && !input.string()) for (const _ of input.gather());
}

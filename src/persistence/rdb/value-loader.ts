// Values of all types and encodings, as they stand behind their key in a file or in a DUMP payload.

import type { Keyspace } from '../../engine/keyspace.ts';
import { BytesSource } from './byte-source.ts';
import { CollectionLoader, type Slices } from './collection-loader.ts';
import { LoadTarget } from './load-target.ts';
import { RdbError } from './rdb-error.ts';
import {
  FOOTER_BYTES,
  REFUSED_TYPES,
  TYPE_HASH_LISTPACK_EX,
  TYPE_MODULE_2,
  TYPE_MODULE_PRE_GA,
  TYPE_STREAM_LISTPACKS,
  TYPE_STREAM_LISTPACKS_2,
  TYPE_STREAM_LISTPACKS_3,
  TYPE_STREAM_LISTPACKS_4,
  TYPE_STREAM_LISTPACKS_5,
} from './rdb-format.ts';
import { RdbInput } from './rdb-input.ts';
import { isSingle, SingleLoader } from './single-loader.ts';
import { StreamLoader } from './stream-loader.ts';

/** The characters of a module's name, six bits each. */
const MODULE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const MODULE_NAME_LENGTH = 9;

export class ValueLoader {
  readonly target: LoadTarget;
  readonly singles: SingleLoader;
  private readonly input: RdbInput;
  private readonly collections: CollectionLoader;
  private readonly streams: StreamLoader;

  constructor(keyspace: Keyspace, input: RdbInput, slices: Slices) {
    this.input = input;
    this.target = new LoadTarget(keyspace);
    this.singles = new SingleLoader(input, this.target);
    this.collections = new CollectionLoader(input, this.target, slices, this.singles);
    this.streams = new StreamLoader(input, this.target, slices);
  }

  /** Reads a value for the target's key, whose record is `target.record` then; NONE when it is empty. */
  *load(type: number): Generator<void, void> {
    const { input } = this;
    if (isSingle(type)) {
      // The first deadline is known from the pack.
      if (type === TYPE_HASH_LISTPACK_EX) input.wide();
      if (!input.string()) yield* input.gather();
      this.singles.load(type);
      return;
    }
    const collection = this.collections.load(type);
    if (collection !== null) yield* collection;
    else if (isStream(type)) yield* this.streams.load(type);
    else this.refuse(type);
  }

  /** Says what cannot be loaded. */
  private refuse(type: number): never {
    const { input } = this;
    if (type === TYPE_MODULE_PRE_GA) input.fail('Pre-release module format not supported');
    if (type === TYPE_MODULE_2) {
      input.count();
      const name = moduleName(input.high, input.low);
      input.fail(`The RDB file contains module data I can't load: no matching module type '${name}'`);
    }
    const known = REFUSED_TYPES.get(type);
    if (known !== undefined) input.fail(`The RDB file contains a value that I can't load: ${known} (type ${type})`);
    return input.fail(`Unknown RDB encoding type ${type}`);
  }
}

function isStream(type: number): boolean {
  return (
    type === TYPE_STREAM_LISTPACKS ||
    type === TYPE_STREAM_LISTPACKS_2 ||
    type === TYPE_STREAM_LISTPACKS_3 ||
    type === TYPE_STREAM_LISTPACKS_4 ||
    type === TYPE_STREAM_LISTPACKS_5
  );
}

/** The name of a module's type: nine characters in the upper 54 bits. */
export function moduleName(high: number, low: number): string {
  let bits = ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) >> 10n;
  let name = '';
  for (let index = 0; index < MODULE_NAME_LENGTH; index++) {
    name = MODULE_CHARACTERS[Number(bits & 63n)]! + name;
    bits >>= 6n;
  }
  return name;
}

/** Loads the values of DUMP payloads: one for each keyspace. */
export class PayloadLoader {
  private readonly input: RdbInput;
  private readonly values: ValueLoader;

  constructor(keyspace: Keyspace) {
    this.input = new RdbInput(new BytesSource(new Uint8Array(0)), false);
    this.values = new ValueLoader(keyspace, this.input, { isDone: () => false });
  }

  /**
   * A record for key[keyStart..keyEnd) with the value of the payload bytes[start..end), whose version and checksum were
   * looked at; in no table yet, the caller owns it. NONE when the payload is damaged or its value is empty: `error` says
   * why. Neither may lie in flat memory.
   */
  load(
    bytes: Uint8Array,
    start: number,
    end: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    withExpiry: boolean,
  ): number {
    const { input, values } = this;
    const { target } = values;
    input.restart(new BytesSource(bytes, start, end - FOOTER_BYTES));
    target.setKey(key, keyStart, keyEnd);
    target.access = access;
    target.withExpiry = withExpiry;
    this.error = '';
    try {
      for (const _ of values.load(input.byte()));
    } catch (error) {
      target.discard();
      if (!(error instanceof RdbError)) throw error;
      this.error = error.message;
    }
    input.restart(NOTHING);
    return target.take();
  }

  /** What was wrong with the payload that was loaded last. */
  error = '';
}

/** So that no payload is kept alive. */
const NOTHING = new BytesSource(new Uint8Array(0));

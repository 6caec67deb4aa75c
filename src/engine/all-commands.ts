// The commands of the engine's families: whatever a file of commands/ exports as a definition is one.

import type { CommandDefinition } from './command.ts';
import * as acl from './commands/acl.ts';
import * as bitmapBitfield from './commands/bitmap/bitfield.ts';
import * as bitmapBitop from './commands/bitmap/bitop.ts';
import * as bitmapBits from './commands/bitmap/bits.ts';
import * as client from './commands/client.ts';
import * as commandInfo from './commands/command-info.ts';
import * as commandLogs from './commands/command-logs.ts';
import * as connection from './commands/connection.ts';
import * as databases from './commands/databases.ts';
import * as expire from './commands/expire.ts';
import * as geoMembers from './commands/geo/members.ts';
import * as geoSearching from './commands/geo/searching.ts';
import * as hashDeadlines from './commands/hash/deadlines.ts';
import * as hashFields from './commands/hash/fields.ts';
import * as hashImport from './commands/hash/import.ts';
import * as hashListing from './commands/hash/listing.ts';
import * as hashNumbers from './commands/hash/numbers.ts';
import * as hyperloglog from './commands/hyperloglog.ts';
import * as keys from './commands/keys.ts';
import * as latency from './commands/latency.ts';
import * as listEnds from './commands/list/ends.ts';
import * as listItems from './commands/list/items.ts';
import * as listMoving from './commands/list/moving.ts';
import * as listPopping from './commands/list/popping.ts';
import * as listPositions from './commands/list/positions.ts';
import * as listRanges from './commands/list/ranges.ts';
import * as lolwut from './commands/lolwut.ts';
import * as memory from './commands/memory.ts';
import * as pubsub from './commands/pubsub.ts';
import * as server from './commands/server.ts';
import * as setAlgebra from './commands/set/algebra.ts';
import * as setMembers from './commands/set/members.ts';
import * as setRandom from './commands/set/random.ts';
import * as sorting from './commands/sort/sorting.ts';
import * as sortedSetAdding from './commands/sorted-set/adding.ts';
import * as sortedSetAlgebra from './commands/sorted-set/algebra.ts';
import * as sortedSetMembers from './commands/sorted-set/members.ts';
import * as sortedSetPopping from './commands/sorted-set/popping.ts';
import * as sortedSetRandom from './commands/sorted-set/random.ts';
import * as sortedSetRanges from './commands/sorted-set/ranges.ts';
import * as sortedSetRemoving from './commands/sorted-set/removing.ts';
import * as streamAdding from './commands/stream/adding.ts';
import * as streamClaiming from './commands/stream/claiming.ts';
import * as streamGroups from './commands/stream/groups.ts';
import * as streamInfo from './commands/stream/info.ts';
import * as streamPending from './commands/stream/pending.ts';
import * as streamRanges from './commands/stream/ranges.ts';
import * as streamReading from './commands/stream/reading.ts';
import * as streamRemoving from './commands/stream/removing.ts';
import * as streamSettings from './commands/stream/settings.ts';
import * as streamTrimming from './commands/stream/trimming.ts';
import * as stringDigest from './commands/string/digest.ts';
import * as stringIncrex from './commands/string/increx.ts';
import * as stringLcs from './commands/string/lcs.ts';
import * as stringMsetex from './commands/string/msetex.ts';
import * as stringNumbers from './commands/string/numbers.ts';
import * as stringRanges from './commands/string/ranges.ts';
import * as stringValues from './commands/string/values.ts';
import * as transactions from './commands/transactions.ts';

/** Whether an export of a command file is a definition. */
function isDefinition(value: unknown): value is CommandDefinition {
  return typeof value === 'object' && value !== null && 'run' in value && 'kind' in value;
}

/** The definitions among the exports of command files. */
export function definitionsOf(...files: readonly object[]): readonly CommandDefinition[] {
  return files.flatMap((file) => Object.values(file).filter(isDefinition));
}

export const ENGINE_COMMANDS: readonly CommandDefinition[] = definitionsOf(
  stringValues,
  stringNumbers,
  stringRanges,
  stringLcs,
  stringDigest,
  stringMsetex,
  stringIncrex,
  listEnds,
  listItems,
  listRanges,
  listPositions,
  listMoving,
  listPopping,
  bitmapBits,
  bitmapBitop,
  bitmapBitfield,
  hyperloglog,
  hashFields,
  hashListing,
  hashNumbers,
  hashDeadlines,
  hashImport,
  setMembers,
  setRandom,
  setAlgebra,
  sortedSetAdding,
  sortedSetMembers,
  sortedSetRanges,
  sortedSetRemoving,
  sortedSetPopping,
  sortedSetRandom,
  sortedSetAlgebra,
  geoMembers,
  geoSearching,
  streamAdding,
  streamTrimming,
  streamRemoving,
  streamRanges,
  streamReading,
  streamGroups,
  streamPending,
  streamClaiming,
  streamInfo,
  streamSettings,
  keys,
  sorting,
  expire,
  databases,
  transactions,
  pubsub,
  connection,
  acl,
  client,
  server,
  lolwut,
  memory,
  commandLogs,
  latency,
  commandInfo,
);

// Cases of Redis's own Tcl suite that do not pass, each with its reason and our own test of the promise behind it, or
// with what must be built before the promise can be kept at all. `npm run tcl-results -- tests.tsv` compares a run with
// this list: a failure that is not here is a failure, and a line that explains nothing any more is one too. That the
// tests which are named exist is checked by tcl-exceptions.test.ts.

/** What is not built yet. A case that waits for it is to pass, and its line here to go, when it is. */
export type Subject = 'scripting' | 'replication' | 'cluster';

export interface TclException {
  readonly reason: string;
  /** The file of the suite; every one when absent. */
  readonly file?: string;
  /** Names of cases; any when absent. */
  readonly cases?: readonly string[];
  /** What the failure says; anything when absent. */
  readonly message?: RegExp;
  /** Our own tests of the same promise: "path: name". What `waitsFor` something has one where part of it can be kept. */
  readonly tests?: readonly string[];
  readonly waitsFor?: Subject;
}

const PROPAGATION = 'tests/conformance/propagation.test.ts: generated commands, seed ';

/** Everything here waits for a subject that is not built yet. */
const WAITING: readonly TclException[] = [
  {
    reason: 'runs a script or a function',
    message: /unknown command '(eval\w*|script|function|fcall\w*)'/i,
    waitsFor: 'scripting',
  },
  {
    reason: 'listens to the stream of changes as a replica does',
    message: /Received '-ERR unknown command 'SYNC'/,
    tests: [PROPAGATION],
    waitsFor: 'replication',
  },
  {
    reason: 'has a primary and a replica',
    message: /unknown command '(p?sync|replconf|failover)'|This build has no replication/i,
    waitsFor: 'replication',
  },
  {
    reason: 'asks what users may do with scripts and functions',
    message: /Command 'EVAL\w*' not found|modifier '\+eval'|to match '\*NOPERM\*script\|help/,
    tests: [
      'src/engine/commands/acl.test.ts: DRYRUN says what a user may, without doing it',
      'src/engine/commands/acl.test.ts: tells who was refused what',
      'src/engine/commands/acl.test.ts: find no keys, and the command does nothing',
    ],
    waitsFor: 'scripting',
  },
  {
    reason: 'looks for functions among the commands of a category',
    file: 'unit/acl',
    cases: ['ACL CAT category - list all commands/subcommands that belong to category'],
    tests: ['src/engine/commands/acl.test.ts: CAT lists categories and their commands'],
    waitsFor: 'scripting',
  },
  {
    reason: 'a case before it was to allow EVAL with what this one needs, and stopped there',
    file: 'unit/acl',
    cases: [
      'ACL LOG is able to test similar events',
      'ACL LOG is able to log channel access violations and channel name',
      'ACL LOG can distinguish the transaction context (1)',
      'ACL LOG can distinguish the transaction context (2)',
      'ACL can log errors in the context of Lua scripting',
    ],
    tests: [
      'src/engine/commands/acl.test.ts: tells who was refused what',
      'src/engine/commands/acl.test.ts: a command is looked at again when EXEC comes to it',
      'tests/conformance/acl.test.ts: what ACL LOG keeps of refusals',
    ],
    waitsFor: 'scripting',
  },
  {
    reason: 'counts a client that a case that runs a script left',
    file: 'unit/tracking',
    cases: ['Tracking info is correct'],
    tests: ['src/engine/tracking.test.ts: CLIENT LIST, INFO and RESET'],
    waitsFor: 'scripting',
  },
  {
    reason: 'starts a cluster',
    message: /cluster support disabled/,
    waitsFor: 'cluster',
  },
  {
    reason: 'what the case before it was to set up is a replica',
    file: 'unit/bitfield',
    cases: ['BITFIELD: write on master, read on slave'],
    waitsFor: 'replication',
  },
  {
    reason: 'looks at a replica',
    file: 'unit/type/stream-cgroups',
    cases: ['XREADGROUP ACK would propagate entries-read'],
    tests: ['src/engine/commands/stream/stream-replay.test.ts: what is propagated makes the same streams, seed '],
    waitsFor: 'replication',
  },
  {
    reason: 'asks about EVAL',
    file: 'unit/introspection-2',
    cases: [
      'COMMAND GETKEYS EVAL with keys',
      'COMMAND GETKEYS EVAL without keys',
      'COMMAND LIST FILTERBY ACLCAT - list all commands/subcommands',
      'EVAL command is marked with movablekeys',
    ],
    tests: [
      'src/engine/commands/command-info.test.ts: COMMAND GETKEYS finds the keys of a call',
      'src/engine/commands/command-info.test.ts: COMMAND LIST filters by category, pattern and module',
    ],
    waitsFor: 'scripting',
  },
  {
    reason: 'runs a script for too long',
    file: 'unit/multi',
    cases: ['EXEC and script timeout', 'just EXEC and script timeout'],
    waitsFor: 'scripting',
  },
  {
    reason:
      'a case that needs a replica left its connection inside MULTI: what needs memory or blocks inside a transaction',
    file: 'unit/multi',
    cases: [
      'EXEC with only read commands should not be rejected when OOM',
      'EXEC with at least one use-memory command should fail',
      'Blocking commands ignores the timeout',
    ],
    message: /MULTI calls can not be nested/,
    tests: [
      'src/server/commands/commands.test.ts: EXEC is refused above maxmemory if a queued command needs memory, and only then',
      'src/engine/blocking.test.ts: does not wait inside MULTI',
    ],
    waitsFor: 'replication',
  },
  {
    reason: 'the same: what is refused inside a transaction, and what goes on behind a command that failed',
    file: 'unit/multi',
    cases: ['MULTI with SHUTDOWN', 'MULTI with config error', 'Flushall while watching several keys by one client'],
    message: /MULTI calls can not be nested|WATCH inside MULTI/,
    tests: [
      'src/server/commands/commands.test.ts: a transaction goes on behind CONFIG SET that is refused, and is discarded when SHUTDOWN was to be queued',
      'src/engine/commands/transactions.test.ts: is broken by ',
    ],
    waitsFor: 'replication',
  },
  {
    reason: 'the same: saves inside a transaction',
    file: 'unit/multi',
    cases: ['MULTI with SAVE', 'MULTI with BGREWRITEAOF', 'MULTI with config set appendonly'],
    message: /MULTI calls can not be nested/,
    waitsFor: 'replication',
  },
  {
    reason: 'the clients that it waits for were to block in scripts',
    file: 'unit/pause',
    cases: ['Test scripts are blocked by pause RO'],
    tests: ['src/engine/pause.test.ts: a pause of writes lets reads and CLIENT UNPAUSE through'],
    waitsFor: 'scripting',
  },
  {
    reason: 'counts a failure inside a script',
    file: 'unit/info',
    cases: ['errorstats: failed call within LUA'],
    tests: ['src/server/commands/commands.test.ts: INFO counts calls, refusals and failures of each command'],
    waitsFor: 'scripting',
  },
  {
    reason: 'waits for a replica, for ever where there is none',
    file: 'unit/expire',
    cases: ['For all replicated TTL-related commands, absolute expire times are identical on primary and replica'],
    tests: [PROPAGATION],
    waitsFor: 'replication',
  },
  {
    reason: 'loads a log that runs a script for too long',
    file: 'integration/aof',
    cases: ['EVAL timeout with slow verbatim Lua script from AOF'],
    waitsFor: 'scripting',
  },
  {
    reason: 'starts a replica',
    file: 'integration/aof',
    cases: ['(start_server)'],
    message: /replicaof 127\.0\.0\.1 0/,
    waitsFor: 'replication',
  },
];

/** What is otherwise here, on purpose. */
const MEANT: readonly TclException[] = [
  {
    reason: "looks at the chains of C Redis's hash table; ours has none, and chooses fairly in its own way",
    file: 'unit/type/set',
    cases: ['SRANDMEMBER with a dict containing long chain'],
    tests: [
      'src/engine/commands/set/members.test.ts: every member of a large set is chosen as often as any other (seed ',
      'src/structures/hash-table.test.ts: random records are fair',
    ],
  },
  {
    reason: 'the case before it, which looks at chains, left set-max-listpack-value at 0',
    file: 'unit/type/set',
    cases: [
      'SMOVE basics - from regular set to intset',
      'SMOVE basics - from intset to regular set',
      'SMOVE non existing key',
      'SMOVE non existing src set',
      'SMOVE from regular set to non existing destination set',
      'SMOVE from intset to non existing destination set',
    ],
    message: /Expected 'hashtable' to match 'listpack'/,
    tests: ['src/engine/commands/set/members.test.ts: SMOVE makes, changes and deletes sets of every encoding'],
  },
  {
    reason:
      'looks for the forked process that saves, to kill it or to see it at work: here nothing is forked, a snapshot is ' +
      'written in slices while the server goes on',
    message: /get_child_pid/,
    tests: [
      'tests/simulation/snapshot.test.ts: a snapshot is what was there when it began, seed ',
      'tests/simulation/persistence.test.ts: a failing sync and a full disk: writes are refused, and go on without a restart, appendfsync ',
      'tests/simulation/rewrites.test.ts: rewrites that fail leave increments behind, which one that works replaces; too many failures are waited out',
      'tests/simulation/rewrites.test.ts: turning the log on is tried again until it works',
      'tests/integration/ending.test.ts: SHUTDOWN gives up a snapshot under way, and leaves nothing of it',
    ],
  },
  {
    reason: 'goes on from where a case was to leave the server that kills the forked process, and stopped there',
    file: 'integration/aof-multi-part',
    cases: [
      "AOF rewrite doesn't open new aof when AOF turn off",
      'AOF enable/disable auto gc',
      'AOF can produce consecutive sequence number after reload',
      'AOF enable during BGSAVE will not write data util AOFRW finish',
      'AOF will trigger limit when AOFRW fails many times',
    ],
    tests: [
      'tests/simulation/rewrites.test.ts: rewrites that fail leave increments behind, which one that works replaces; too many failures are waited out',
      'tests/simulation/rewrites.test.ts: a log that is off is rewritten to its base alone, and begins anew above it when it is turned on',
      'tests/simulation/rewrites.test.ts: with aof-disable-auto-gc what was replaced stays until that is switched off; numbers go on after a reload',
      'tests/simulation/rewrites.test.ts: a log that is turned on during BGSAVE takes in nothing until that has ended and its base is written',
    ],
  },
  {
    reason:
      "looks at the sizes of C Redis's hash table while it moves to a larger one; ours grows by one small segment at a time",
    file: 'unit/info',
    cases: ['memory: database and pubsub overhead and rehashing dict count'],
    message: /assert_range \[dict get \$mem_stats/,
    tests: [
      'src/engine/commands/memory.test.ts: MEMORY STATS counts keys, and adds up',
      'src/engine/commands/memory.test.ts: an emptied database has no more index than one that was never used',
    ],
  },
  {
    reason: 'looks at the index of a database that is empty again; MEMORY STATS shows those only that have one',
    file: 'unit/other',
    cases: ['Redis can resize empty dict'],
    message: /key "db\.9" not known in dictionary/,
    tests: ['src/engine/commands/memory.test.ts: an emptied database has no more index than one that was never used'],
  },
  {
    reason: 'measures what a fork copies: nothing is forked, so nothing is copied',
    file: 'integration/rdb',
    cases: ['Test child sending info'],
    tests: ['tests/simulation/snapshot.test.ts: a snapshot is what was there when it began, seed '],
  },
  {
    reason: 'signals are heard between commands; the one that they are to interrupt lasts longer than the case waits',
    file: 'integration/logging',
    cases: ['Crash report generated on SIGABRT', 'Stacktraces generated on SIGALRM'],
    tests: [
      'tests/integration/starting-and-ending.test.ts: a signal that means a crash ends the server with a report',
      'tests/integration/starting-and-ending.test.ts: SIGALRM makes it say where it is, and it goes on',
    ],
  },
  {
    reason: 'the program has a name of its own',
    file: 'unit/other',
    cases: ['Process title set as expected'],
    message: /cinnabar-server/,
    tests: ['tests/integration/starting-and-ending.test.ts: the title of the process follows its template'],
  },
  {
    reason:
      'sanitize-dump-payload no lets a payload in that fails an assertion later: here every payload is checked in depth, ' +
      'and refused',
    file: 'integration/corrupt-dump',
    message: /"ASSERTION FAILED"|"listpack with dup elements"|Bad data format/,
    tests: [
      'src/persistence/commands/dump.test.ts: every payload that once did damage is refused, or makes a sound value',
    ],
  },
  {
    reason: 'counts two lines that say the same: the second is of redis-check-rdb, which Redis then runs',
    file: 'integration/corrupt-dump',
    cases: ['corrupt payload: load corrupted rdb with no CRC - #3505'],
    tests: [
      'src/persistence/commands/dump.test.ts: every payload that once did damage is refused, or makes a sound value',
    ],
  },
];

export const TCL_EXCEPTIONS: readonly TclException[] = [...WAITING, ...MEANT];

/** A failure of a run, as the harness writes it to tests.tsv. */
export interface TclFailure {
  readonly file: string;
  readonly name: string;
  readonly message: string;
}

/** The exception that explains a failure; null when none does. */
export function exceptionFor(failure: TclFailure): TclException | null {
  return (
    TCL_EXCEPTIONS.find(
      ({ file, cases, message }) =>
        (file === undefined || file === failure.file) &&
        (cases === undefined || cases.includes(failure.name)) &&
        (message === undefined || message.test(failure.message)),
    ) ?? null
  );
}

/** The exceptions of files that were run which explained none of their failures. */
export function idleExceptions(files: ReadonlySet<string>, used: ReadonlySet<TclException>): TclException[] {
  return TCL_EXCEPTIONS.filter(({ file }) => file !== undefined && files.has(file)).filter((each) => !used.has(each));
}

// Cases of Redis's own Tcl suite that do not pass, each with its reason and, where the promise behind it is kept in
// another way, our own test of it. `npm run tcl-results -- tests.tsv` compares a run with this list: a failure that is
// not here is a failure, and a line that explains nothing any more is one too.

export interface TclException {
  readonly reason: string;
  /** The file of the suite; every one when absent. */
  readonly file?: string;
  /** Names of cases; any when absent. */
  readonly cases?: readonly string[];
  /** What the failure says; anything when absent. */
  readonly message?: RegExp;
  /** Our own test of the same promise: path and name. */
  readonly test?: string;
}

/** Everything here waits for a subject that is not built yet. */
const WAITING: readonly TclException[] = [
  {
    reason: 'needs scripting',
    message: /unknown command '(eval\w*|script|function|fcall\w*)'/i,
  },
  {
    reason: 'needs persistence',
    message:
      /unknown command '(dump|restore|save|bgsave|bgrewriteaof|migrate)'|appendonlydir|loadaof|reload|"dump": no such variable/i,
  },
  {
    reason: 'needs replication',
    message: /unknown command '(p?sync|replconf|failover)'|This build has no replication/i,
  },
  {
    reason: 'needs ACL, client tracking or more of the memory commands',
    message:
      /unknown command '(acl|slowlog|latency)'|unknown subcommand '(caching|tracking|getredir|stats|doctor|purge)'/i,
  },
  {
    reason: 'needs cluster mode',
    message: /cluster support disabled/,
  },
  {
    reason: 'needs replication: what the case before it was to set up',
    file: 'unit/bitfield',
    cases: ['BITFIELD: write on master, read on slave'],
    test: 'src/engine/commands/bitmap/bits.test.ts',
  },
  {
    reason: 'needs replication: looks at a replica',
    file: 'unit/type/stream-cgroups',
    cases: ['XREADGROUP ACK would propagate entries-read'],
    test: 'src/engine/commands/stream/stream-replay.test.ts',
  },
  {
    reason: 'needs scripting: the keys of EVAL',
    file: 'unit/introspection-2',
    cases: ['COMMAND GETKEYS EVAL with keys', 'COMMAND GETKEYS EVAL without keys'],
  },
  {
    reason: 'a case before it, which waits for scripting, persistence or replication, left its connection inside MULTI',
    message: /MULTI calls can not be nested|WATCH inside MULTI|'QUEUED'|QUEUED/,
  },
  {
    reason: 'the same: the reply read is QUEUED',
    file: 'unit/introspection-2',
    cases: [
      'COMMAND LIST WITHOUT FILTERBY',
      'COMMAND LIST FILTERBY ACLCAT - list all commands/subcommands',
      'COMMAND GETKEYS MORE THAN 256 KEYS',
    ],
    test: 'src/engine/commands/command-info.test.ts',
  },
  {
    reason: 'the command asked about belongs to a family that is not built yet',
    file: 'unit/introspection-2',
    message: /movablekeys/,
  },
  {
    reason: 'needs scripting: a script that runs too long',
    file: 'unit/multi',
    cases: ['EXEC and script timeout', 'just EXEC and script timeout'],
  },
  {
    reason: 'needs scripting',
    file: 'unit/info',
    cases: ['errorstats: failed call within LUA'],
  },
  {
    reason: 'needs persistence: a data set that takes long to load',
    file: 'unit/introspection',
    cases: ['config during loading'],
  },
];

/** What is otherwise here, on purpose. */
const MEANT: readonly TclException[] = [
  {
    reason: "looks at the chains of C Redis's hash table; ours has none, and chooses fairly in its own way",
    file: 'unit/type/set',
    cases: ['SRANDMEMBER with a dict containing long chain'],
    test: 'src/engine/commands/set/members.test.ts: every member of a large set is chosen as often as any other',
  },
  {
    reason: 'the case before it, which looks at chains, left set-max-listpack-value at 0',
    file: 'unit/type/set',
    message: /Expected 'hashtable' to match 'listpack'/,
    test: 'src/engine/commands/set/members.test.ts',
  },
  {
    reason:
      'looks at the sizes of private query buffers: here all clients are read into one buffer, and what a client keeps of ' +
      'a half-sent request is let go as soon as it is complete',
    file: 'unit/querybuf',
    cases: [
      'query buffer resized correctly',
      'query buffer resized correctly when not idle',
      'query buffer resized correctly with fat argv',
    ],
    test: 'src/engine/engine.test.ts: a half-sent request takes memory only until it is whole',
  },
  {
    reason:
      'looks at the sizes of private reply buffers: here all clients share one, and keep only what they do not take',
    file: 'unit/replybufsize',
    cases: ['verify reply buffer limits'],
    test: 'src/server/outbox.test.ts',
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

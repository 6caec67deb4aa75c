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
    reason: 'needs another data type',
    message:
      /unknown command '([lrb]push|[lr]pop|bl?r?pop\w*|blmove|lrange|s(add|pop|randmember)|h(set|mset|get)|z(add|range|unionstore)|geo\w+|x(add|group|read\w*)|pf\w+|(set|get)bit|bit\w+|sort)'/i,
  },
  {
    reason: 'needs scripting',
    message: /unknown command '(eval\w*|script|function|fcall\w*)'/i,
  },
  {
    reason: 'needs persistence',
    message: /unknown command '(dump|restore|save|bgsave|bgrewriteaof|migrate)'|appendonlydir|loadaof|reload/i,
  },
  {
    reason: 'needs replication',
    message: /unknown command '(p?sync|replconf|failover)'|This build has no replication/i,
  },
  {
    reason: 'needs ACL, client tracking or the memory commands',
    message: /unknown command '(acl|memory|slowlog|latency)'|unknown subcommand '(caching|tracking|getredir)'/i,
  },
  {
    reason: 'needs cluster mode',
    file: 'unit/expire',
    message: /cluster support disabled/,
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
    reason: 'counts keys of other data types that earlier cases were to leave',
    file: 'unit/keyspace',
    cases: ['MOVE basic usage'],
    test: 'src/engine/commands/keys.test.ts',
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
    reason: 'needs a blocking command of another data type',
    message: /no blocked clients|Timeout waiting for blocked clients/,
    test: 'src/engine/blocking.test.ts',
  },
  {
    reason: 'replies of other data types',
    file: 'unit/protocol',
    message: /srandmember/,
    test: 'src/protocol/reply.test.ts',
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

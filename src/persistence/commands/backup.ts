// BACKUP and its subcommands.

import type { Call } from '../../engine/call.ts';
import { type CommandDefinition, container, control, reply } from '../../engine/command.ts';
import type { Persistence } from '../persistence.ts';

const COMMON = { group: 'server', since: '8.10.0', flags: ['admin', 'noscript'] } as const;

const HELP = [
  'ABORT',
  '    Cancel a backup that has not been sealed yet.',
  'CLEANUP',
  '    Remove sealed backup files and return to idle.',
  'LIST',
  '    Return the absolute paths of the backup files pinned so far.',
  'SEAL',
  '    Freeze the current backup (BASE + INCR + manifest).',
  'START',
  "    Start a new backup into the configured 'backupdirname'.",
  'STATUS',
  '    Report the current backup state.',
] as const;

function answer(call: Call, refusal: string | null): void {
  if (refusal === null) call.reply.ok();
  else call.reply.errorText(`ERR ${refusal}`);
}

/** The commands, given how to come by the persistence that they work on. */
export function backupCommands(persistenceOf: () => Persistence): CommandDefinition[] {
  return [
    container(
      'BACKUP',
      { group: 'server', summary: 'A container for the commands of backups.', since: '8.10.0', help: HELP },
      [
        start(persistenceOf),
        seal(persistenceOf),
        status(persistenceOf),
        list(persistenceOf),
        ...endings(persistenceOf),
      ],
    ),
  ];
}

function start(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'START',
    {
      ...COMMON,
      summary: 'Begins a backup into the directory backupdirname.',
      complexity: 'O(1)',
      replies: [reply.ok()],
    },
    (call) => answer(call, persistenceOf().backup.start()),
  );
}

function seal(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'SEAL',
    {
      ...COMMON,
      summary: 'Freezes the backup: base, increment and manifest.',
      complexity: 'O(1)',
      replies: [reply.ok()],
    },
    (call) => {
      const { backup, engine } = persistenceOf();
      if (!call.mayBlock()) {
        call.reply.errorText('ERR BACKUP SEAL waits for the disk, and cannot be called here');
        return;
      }
      const { session } = call;
      let refusal: string | null | undefined;
      let isWaiting = false;
      backup.seal((outcome) => {
        refusal = outcome;
        if (!isWaiting || session.blocked === null) return;
        engine.serving.unblock(session, (out) => (outcome === null ? out.ok() : out.errorText(`ERR ${outcome}`)));
      });
      if (refusal !== undefined) answer(call, refusal);
      else {
        isWaiting = true;
        call.block([], Number.POSITIVE_INFINITY, (out) => out.ok(), 'lazy');
      }
    },
  );
}

function status(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'STATUS',
    {
      ...COMMON,
      summary: 'Tells the state of the backup.',
      complexity: 'O(1)',
      replies: [reply.map('state, error, start_time, end_time')],
    },
    (call) => {
      const { backup } = persistenceOf();
      call.reply.map(4);
      for (const [name, value] of [
        ['state', backup.state()],
        ['error', backup.error],
        ['start_time', String(backup.startedAt)],
        ['end_time', String(backup.sealedAt)],
      ] as const) {
        call.reply.bulkText(name);
        call.reply.bulkText(value);
      }
    },
  );
}

function list(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'LIST',
    {
      ...COMMON,
      summary: 'Tells the files of the backup that will not change any more.',
      complexity: 'O(1)',
      replies: [reply.array('absolute paths')],
    },
    (call) => {
      const files = persistenceOf().backup.files();
      call.reply.array(files.length);
      for (const path of files) call.reply.bulkText(path);
    },
  );
}

function endings(persistenceOf: () => Persistence): CommandDefinition[] {
  return [
    control(
      'ABORT',
      {
        ...COMMON,
        summary: 'Gives up a backup that is not sealed.',
        complexity: 'O(1)',
        replies: [reply.ok()],
      },
      (call) => answer(call, persistenceOf().backup.abort()),
    ),
    control(
      'CLEANUP',
      {
        ...COMMON,
        summary: 'Removes the files of a backup that is sealed or has failed.',
        complexity: 'O(1)',
        replies: [reply.ok()],
      },
      (call) => answer(call, persistenceOf().backup.cleanUp()),
    ),
  ];
}

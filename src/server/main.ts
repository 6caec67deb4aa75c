// The program cinnabar-server: reads its configuration, starts a server, obeys signals.

import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { realClock } from '../host/real-clock.ts';
import { allCommands } from './all-commands.ts';
import { banner } from './banner.ts';
import { parseCommandLine } from './config/command-line.ts';
import { binaryText, configDisk, logSink } from './config/config-disk.ts';
import { logfile, loglevel } from './config/process.ts';
import { ServerConfig } from './config/server-config.ts';
import { Log } from './log.ts';
import { Server } from './server.ts';

function seed(): [number, number] {
  return [randomInt(2 ** 32), randomInt(2 ** 32)];
}

async function main(): Promise<void> {
  const log = new Log({
    pid: process.pid,
    now: Date.now,
    sink: (line) => void writeSync(1, Buffer.from(line, 'latin1')),
  });
  const config = new ServerConfig({
    files: configDisk,
    directory: binaryText(process.cwd()),
    log: (level, message) => log.write(level, message),
  });
  const commandLine = parseCommandLine(process.argv.slice(2).map(binaryText));
  const failure = config.load(commandLine);
  if (failure !== null) {
    writeSync(2, `${JSON.stringify(failure)}\n`);
    process.exit(1);
  }
  config.follow(loglevel, (level) => {
    log.level = level;
  });
  if (config.get(logfile) !== '') log.sink = logSink(config.get(logfile));
  const server = new Server({
    config,
    log,
    clock: realClock,
    seed: seed(),
    commands: allCommands,
    keepsProcessAlive: true,
    fatal: (error) => {
      log.warning(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exit(1);
    },
  });
  banner(server);
  await server.start();
  log.role = 'M';
  log.notice('Server initialized');
  log.notice('Ready to accept connections tcp');
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      server.close();
      process.exit(0);
    });
}

await main();

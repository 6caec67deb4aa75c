// DEBUG RELOAD and LOADAOF: the data set goes to the disk and back, at once.

import { type Call, word } from '../../engine/call.ts';
import { LoadingError } from '../../persistence/loading.ts';
import { error, SYNTAX_ERROR } from '../../protocol/errors.ts';
import { DiskError } from '../../world/disk.ts';
import type { Server } from '../server.ts';

const NOSAVE = word('NOSAVE');
const NOFLUSH = word('NOFLUSH');
const MERGE = word('MERGE');

const NOT_SAVED = error('ERR');
const NOT_LOADED = error('ERR Error trying to load the RDB dump, check server logs.');
const LOG_NOT_LOADED = error('ERR Error trying to load the AOF files, check server logs.');
const BAD_OPTION = error('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.');

/** Empties all databases: what is loaded comes in place of what was there. */
function clearAll(server: Server): void {
  const { keyspace, tracking } = server.engine;
  for (const database of keyspace.databases) keyspace.clear(database, false);
  tracking.flushed();
}

/** Runs `load`; false when what was to be loaded could not be, and the log says why. */
function attempt(server: Server, load: () => void): boolean {
  try {
    load();
    return true;
  } catch (thrown) {
    if (thrown instanceof DiskError) server.log.warning(`Fatal error loading the DB: ${thrown.message}`);
    else if (!(thrown instanceof LoadingError)) throw thrown;
    return false;
  }
}

/** DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE] */
export function reload(server: Server, call: Call): void {
  const { saves } = server.persistence;
  let isSaved = true;
  let isFlushed = true;
  let isMerged = false;
  for (let index = 2; index < call.count; index++) {
    if (call.is(index, NOSAVE)) isSaved = false;
    else if (call.is(index, NOFLUSH)) isFlushed = false;
    else if (call.is(index, MERGE)) isMerged = true;
    else {
      call.reply.error(BAD_OPTION);
      return;
    }
  }
  if (isSaved) {
    saves.cancel();
    if (!saves.saveNow()) {
      call.reply.error(NOT_SAVED);
      return;
    }
  }
  if (isFlushed) clearAll(server);
  if (!attempt(server, () => server.persistence.reloadNow(isMerged))) {
    call.reply.error(NOT_LOADED);
    return;
  }
  server.log.notice('DB reloaded by DEBUG RELOAD');
  call.reply.ok();
}

/** DEBUG LOADAOF */
export function loadLog(server: Server, call: Call): void {
  if (call.count !== 2) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  server.persistence.writeLog();
  clearAll(server);
  if (!attempt(server, () => server.persistence.reloadLogNow())) {
    call.reply.error(LOG_NOT_LOADED);
    return;
  }
  server.log.notice('Append Only File loaded by DEBUG LOADAOF');
  call.reply.ok();
}

/** DEBUG AOF-FLUSH-SLEEP microseconds */
export function flushSleep(server: Server, call: Call): void {
  const microseconds = call.integer(2);
  if (Number.isNaN(microseconds)) return;
  server.persistence.log.beforeFlush = microseconds > 0 ? () => blockProcess(microseconds / 1000) : null;
  call.reply.ok();
}

/** Does nothing for so many milliseconds, and lets nobody else do anything. */
export function blockProcess(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

// BACKUP: a copy of the data set in a directory of its own, while the server goes on: a base, the increment of the log that
// followed it up to the moment of sealing, and a manifest of these two. Whoever starts a server on them has what was there
// at that moment.
//
// It is the append-only log's own rewrite that makes the base; the files get a second name (a hard link), so nothing is
// copied. Where the log is off it is turned on for the length of the backup. Rewrites wait until the backup is sealed, since
// it needs the base and the increment that belong together.

import { fromLatin1 } from '../lib/bytes.ts';
import { asDiskError, joinPath, writeAll } from '../world/disk.ts';
import { LOG_BROKEN, LOG_WORKING } from './aof/append-log.ts';
import { MANIFEST_SUFFIX, Manifest } from './aof/manifest.ts';
import type { AppendOnly } from './append-only.ts';
import { appendfilename, appendonly, backupdirname, backupSealedTtl, dir } from './directives.ts';
import type { PersistenceHost } from './persistence-host.ts';

export type BackupState = 'idle' | 'pending' | 'snapshotting' | 'incrementing' | 'sealed' | 'failed';

export class Backup {
  /** Why it failed, '' when it did not. */
  error = '';
  /** When it was started and sealed, in seconds since 1970; 0: not yet. */
  startedAt = 0;
  sealedAt = 0;
  private stage: Exclude<BackupState, 'pending'> = 'idle';
  private isSealing = false;
  /** The log was turned on for this backup alone. */
  private isTemporary = false;
  /** Names in the backup's directory. */
  private names: string[] = [];
  private directory = '';
  private readonly host: PersistenceHost;
  private readonly log: AppendOnly;

  constructor(host: PersistenceHost, log: AppendOnly) {
    this.host = host;
    this.log = log;
    log.onRewritten.push((failure) => this.rewritten(failure));
  }

  state(): BackupState {
    return this.stage === 'snapshotting' && this.log.snapshot() === null && this.log.isScheduled()
      ? 'pending'
      : this.stage;
  }

  /** Absolute paths of the files that will not change any more. */
  files(): string[] {
    return this.names.map((name) => joinPath(this.directory, name));
  }

  /** Begins; returns what is wrong, or null. */
  start(): string | null {
    if (this.stage === 'sealed') return 'A sealed backup exists, clean it up first';
    if (this.stage !== 'idle' && this.stage !== 'failed') return 'A backup is already in progress';
    const { settings, disk, engine } = this.host;
    this.directory = joinPath(settings.get(dir), settings.get(backupdirname));
    try {
      disk.makeDirectory(this.directory);
      if (disk.list(this.directory).length > 0) return 'The backup directory is not empty';
    } catch (error) {
      return `Can't use the backup directory: ${asDiskError(error).message}`;
    }
    this.error = '';
    this.names = [];
    this.startedAt = Math.floor(engine.clock.now() / 1000);
    this.sealedAt = 0;
    this.stage = 'snapshotting';
    this.isTemporary = !this.log.isOn();
    if (this.isTemporary) this.log.turnOn();
    else this.log.rewrite();
    return null;
  }

  /** Freezes the backup; `done` is told what is wrong, or null. */
  seal(done: (refusal: string | null) => void): void {
    if (this.stage !== 'incrementing' || this.isSealing) {
      done('The backup is not incrementing');
      return;
    }
    this.isSealing = true;
    this.log.rotate((increment) => {
      this.isSealing = false;
      if (this.stage !== 'incrementing') {
        done('The backup was aborted');
        return;
      }
      if (increment === null) this.fail('The log could not go on in another file');
      else this.finish(increment);
      done(this.error === '' ? null : this.error);
    });
  }

  /** Gives up what is not sealed yet; returns what is wrong, or null. */
  abort(): string | null {
    if (this.stage !== 'snapshotting' && this.stage !== 'incrementing') return 'No backup is in progress';
    this.fail('Backup aborted');
    return null;
  }

  /** Removes the files; returns what is wrong, or null. */
  cleanUp(): string | null {
    if (this.stage !== 'sealed' && this.stage !== 'failed') return 'No sealed backup to clean up';
    this.removeFiles();
    this.stage = 'idle';
    this.error = '';
    return null;
  }

  /** Some ten times a second. */
  cron(): void {
    const { settings, engine } = this.host;
    if (this.stage === 'sealed') {
      const seconds = settings.get(backupSealedTtl);
      if (seconds > 0 && engine.clock.now() / 1000 - this.sealedAt >= seconds) this.cleanUp();
    } else if (this.stage === 'incrementing' && this.log.log.state !== LOG_WORKING) {
      this.fail(this.log.log.state === LOG_BROKEN ? this.log.log.failure : 'The append-only log was turned off');
    }
  }

  /** A rewrite has ended: its base is the backup's. */
  private rewritten(failure: string | null): void {
    if (this.stage !== 'snapshotting') return;
    const { base } = this.log.files.manifest;
    if (failure !== null || base === null) {
      this.fail(failure ?? 'There is no base');
      return;
    }
    if (!this.take(base.name)) return;
    this.log.holdsRewrites = true;
    this.stage = 'incrementing';
  }

  private finish(increment: string): void {
    const { settings, disk, engine } = this.host;
    if (!this.take(increment)) return;
    const { base } = this.log.files.manifest;
    const manifest = new Manifest();
    manifest.base = base;
    const number = Number(/\.(\d+)\.incr\.aof$/.exec(increment)?.[1] ?? 1);
    manifest.increments.push({ name: increment, sequence: number });
    const name = settings.get(appendfilename) + MANIFEST_SUFFIX;
    try {
      const file = disk.open(joinPath(this.directory, name), 'create');
      writeAll(file, fromLatin1(manifest.format()));
      file.syncNow();
      file.close();
      disk.syncDirectoryNow(this.directory);
    } catch (error) {
      this.fail(asDiskError(error).message);
      return;
    }
    this.names.push(name);
    this.stage = 'sealed';
    this.sealedAt = Math.floor(engine.clock.now() / 1000);
    this.release();
  }

  /** Gives a file of the log a second name in the backup's directory; false when it has failed by that. */
  private take(name: string): boolean {
    try {
      this.host.disk.link(this.log.files.path(name), joinPath(this.directory, name));
    } catch (error) {
      this.fail(asDiskError(error).message);
      return false;
    }
    this.names.push(name);
    return true;
  }

  private fail(reason: string): void {
    this.stage = 'failed';
    this.error = reason;
    this.removeFiles();
    this.release();
  }

  /** The log is its own again. */
  private release(): void {
    this.log.holdsRewrites = false;
    if (!this.isTemporary) return;
    this.isTemporary = false;
    if (this.host.settings.get(appendonly)) return;
    this.log.turnOff();
    if (!this.log.files.isRewriting()) this.log.files.removeAll();
  }

  private removeFiles(): void {
    for (const path of this.files()) {
      try {
        this.host.disk.unlink(path);
      } catch (error) {
        this.host.log('warning', `Can't remove ${path}: ${asDiskError(error).message}`);
      }
    }
    this.names = [];
  }
}

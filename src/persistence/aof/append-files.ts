// The files of the append-only log on the disk: the manifest, which of them it lists, and how a rewrite replaces them.
//
// A rewrite has three steps. `prepare`: the next increment is made and listed, while the log still goes to the present one.
// `begin`, at once and between two units, at the moment at which the snapshot for the new base begins: the log goes on in
// the new increment. `install`, when the base is written: it is listed, and all that it replaces becomes history and is
// deleted. Where the log was off or broken there is nothing that the new increment could follow: it stays a temporary file
// until `install` lists it together with its base.
//
// Whatever the manifest lists is on the disk before the manifest is: content, then names, then the manifest's own name.

import { assert } from '../../lib/assert.ts';
import { fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { asDiskError, type Disk, DiskError, type DiskFile, joinPath, type Synced, writeAll } from '../../world/disk.ts';
import { type AppendLog, LOG_REBUILDING, LOG_STARTING, LOG_WORKING } from './append-log.ts';
import { MANIFEST_SUFFIX, Manifest, parseManifest, TEMPORARY_BASE, TEMPORARY_PREFIX } from './manifest.ts';

/** A manifest of some thousand files: more would be no manifest. */
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

export interface AppendFilesOptions {
  readonly disk: Disk;
  /** The working directory. */
  readonly parent: string;
  /** appenddirname and appendfilename. */
  readonly directoryName: string;
  readonly filename: string;
  log(level: 'notice' | 'warning', line: string): void;
}

/** What a rewrite has prepared: the next increment. */
interface Prepared {
  readonly file: DiskFile;
  /** Whether the manifest lists it. */
  readonly isListed: boolean;
}

const IDLE = 0;
const PREPARING = 1;
const PREPARED = 2;
const WRITING_BASE = 3;
const INSTALLING = 4;

export class AppendFiles {
  manifest = new Manifest();
  /** aof-disable-auto-gc: what a rewrite has replaced stays. */
  keepsHistory = false;
  /** Bytes of the base and of the increments before the present one. */
  earlierBytes = 0;
  /** The same just after the last rewrite, with the increment of that moment (aof_base_size). */
  rewrittenBytes = 0;
  readonly directory: string;
  /** appendfilename: how the names of the files begin, and the name of a log before Redis 7. */
  readonly filename: string;
  private readonly disk: Disk;
  private readonly options: AppendFilesOptions;
  private stage = IDLE;
  private prepared: Prepared | null = null;
  /** The rewrite makes a base alone, for a log that is off. */
  private isBaseAlone = false;

  constructor(options: AppendFilesOptions) {
    this.options = options;
    this.disk = options.disk;
    this.filename = options.filename;
    this.directory = joinPath(options.parent, options.directoryName);
  }

  path(name: string): string {
    return joinPath(this.directory, name);
  }

  // --- at the start ---

  /**
   * Reads the manifest, takes over an old single file, and removes what an ended process left unfinished. Throws
   * ManifestError and DiskError.
   */
  load(): void {
    const manifestPath = this.path(this.filename + MANIFEST_SUFFIX);
    const isListed = this.disk.size(manifestPath) >= 0;
    if (isListed) this.manifest = parseManifest(this.readText(manifestPath));
    this.upgradeSingleFile();
    this.removeUnfinished(isListed);
  }

  /** Bytes of all files to be loaded; throws DiskError ENOENT when one is missing, with its name in `missing`. */
  totalBytes(missing?: (name: string) => void): number {
    let total = 0;
    for (const { name } of this.manifest.files()) {
      const size = this.disk.size(this.path(name));
      if (size < 0) {
        missing?.(name);
        throw new DiskError('ENOENT');
      }
      total += size;
    }
    return total;
  }

  /**
   * Opens the last increment, or a first one, for the log. Where there is no base either, `writeBase` writes one: the data
   * set as it is. Waits for the disk; throws DiskError.
   */
  openAtStart(log: AppendLog, format: 'rdb' | 'aof', writeBase: (file: DiskFile) => void): void {
    const { disk, manifest } = this;
    const { filename } = this;
    disk.makeDirectory(this.directory);
    disk.syncDirectoryNow(this.options.parent);
    if (manifest.isEmpty()) {
      const temporary = this.path(TEMPORARY_BASE);
      const file = disk.open(temporary, 'create');
      writeBase(file);
      file.syncNow();
      file.close();
      const name = manifest.addBase(filename, format);
      disk.rename(temporary, this.path(name));
      this.options.log('notice', `Creating AOF base file ${name} on server start`);
    }
    const isNew = manifest.increments.length === 0;
    const name = isNew ? manifest.addIncrement(filename) : manifest.increments.at(-1)!.name;
    // The process that ended may not have synced what it wrote, and what was loaded counts as kept.
    for (const { name: earlier } of manifest.files().slice(0, -1)) {
      const file = disk.open(this.path(earlier), 'append');
      file.syncNow();
      file.close();
    }
    const file = disk.open(this.path(name), isNew ? 'create' : 'append');
    file.syncNow();
    this.persistNow(manifest);
    this.options.log('notice', `${isNew ? 'Creating' : 'Opening'} AOF incr file ${name} on server start`);
    this.countEarlier();
    this.rewrittenBytes = manifest.base === null ? 0 : Math.max(0, disk.size(this.path(manifest.base.name)));
    log.open(file, file.size());
    if (!this.removeHistoryFiles()) return;
    this.manifest = this.withoutHistory();
    this.persistNow(this.manifest);
  }

  // --- a rewrite ---

  isRewriting(): boolean {
    return this.stage !== IDLE;
  }

  /** Bytes of the log (aof_current_size). */
  currentBytes(log: AppendLog): number {
    return this.earlierBytes + log.fileBytes;
  }

  /** Whether a rewrite has begun whose base is being written. */
  isWritingBase(): boolean {
    return this.stage === WRITING_BASE;
  }

  /**
   * The first step; `done` is called later, once. Not while a rewrite is on its way. `baseAlone`: the log is off and stays
   * so, the base will be all that there is.
   */
  prepare(log: AppendLog, done: Synced, baseAlone = false): void {
    assert(this.stage === IDLE, 'one rewrite at a time');
    const { disk } = this;
    this.stage = PREPARING;
    this.isBaseAlone = baseAlone;
    if (baseAlone) {
      this.prepareBaseAlone(done);
      return;
    }
    const isListed = log.state === LOG_WORKING && !log.writeFailed;
    const ready = (file: DiskFile): void => {
      if (this.prepared !== null && this.prepared.file !== file) this.prepared.file.close();
      this.prepared = { file, isListed };
      this.stage = PREPARED;
      done(null);
    };
    // Left by a rewrite that was given up before it began: listed, empty.
    if (isListed && this.prepared?.isListed === true) {
      const { file } = this.prepared;
      disk.syncDirectory(this.directory, (error) => (error === null ? ready(file) : this.failed(error, done)));
      return;
    }
    let file: DiskFile;
    const next = this.manifest.copy();
    try {
      disk.makeDirectory(this.directory);
      file = disk.open(this.path(isListed ? next.addIncrement(this.filename) : this.temporaryName()), 'create');
    } catch (error) {
      this.options.log('warning', `Can't open the append-only file: ${asDiskError(error).message}`);
      // Told later, as every outcome is.
      disk.syncDirectory(this.options.parent, () => this.failed(asDiskError(error), done));
      return;
    }
    if (isListed) {
      this.persist(next, (error) => (error === null ? ready(file) : this.failed(error, done, file)));
    } else {
      disk.syncDirectory(this.options.parent, (error) => {
        if (error === null) ready(file);
        else this.failed(error, done, file);
      });
    }
  }

  /**
   * The second step: the log goes on in the new increment. Returns the file for the base; null when it could not be done:
   * then nothing has changed, and the rewrite is over.
   */
  begin(log: AppendLog): DiskFile | null {
    assert(this.stage === PREPARED, 'a rewrite is prepared before it begins');
    let base: DiskFile;
    try {
      base = this.disk.open(this.path(TEMPORARY_BASE), 'create');
    } catch (error) {
      this.options.log('warning', `Can't create the temporary AOF base file: ${asDiskError(error).message}`);
      this.abandon(log);
      return null;
    }
    if (this.isBaseAlone) {
      this.stage = WRITING_BASE;
      return base;
    }
    const { file, isListed } = this.prepared!;
    if (!isListed) log.restart(file);
    else if (log.state === LOG_WORKING && log.switchTo(file)) {
      this.prepared = null;
      this.countEarlier();
    } else {
      base.close();
      this.remove(TEMPORARY_BASE);
      this.abandon(log);
      return null;
    }
    this.stage = WRITING_BASE;
    return base;
  }

  /**
   * In place of the second step: the log goes on in the new increment, without a new base. False when that could not be: then
   * nothing has changed.
   */
  rotate(log: AppendLog): boolean {
    assert(this.stage === PREPARED && this.prepared?.isListed === true, 'an increment was prepared');
    this.stage = IDLE;
    if (log.state !== LOG_WORKING || !log.switchTo(this.prepared.file)) return false;
    this.prepared = null;
    this.countEarlier();
    return true;
  }

  /** Removes all files of a log that is off. What cannot be removed is logged. */
  removeAll(): void {
    const { manifest } = this;
    for (const { name } of [...manifest.files(), ...manifest.history]) this.remove(name);
    this.remove(this.filename + MANIFEST_SUFFIX);
    this.manifest = new Manifest();
  }

  /** The last step: the base is written. Syncs and closes it; `done` is called later, once. */
  install(log: AppendLog, base: DiskFile, format: 'rdb' | 'aof', done: Synced): void {
    assert(this.stage === WRITING_BASE, 'a base is written before it is installed');
    this.stage = INSTALLING;
    base.sync((error) => {
      base.close();
      if (error === null) this.listBase(log, format, done);
      else this.giveUp(log, error, done);
    });
  }

  /** Gives a rewrite up that is prepared, or whose base could not be written or is not wanted any more. */
  abandon(log: AppendLog): void {
    assert(this.stage === PREPARED || this.stage === WRITING_BASE, 'there is a rewrite to be given up');
    if (this.stage === WRITING_BASE) {
      this.dropBase(log);
    } else if (this.prepared?.isListed === false) {
      this.prepared.file.close();
      this.prepared = null;
      this.remove(this.temporaryName());
    }
    this.stage = IDLE;
  }

  private prepareBaseAlone(done: Synced): void {
    const { disk } = this;
    let failure: DiskError | null = null;
    try {
      disk.makeDirectory(this.directory);
    } catch (error) {
      failure = asDiskError(error);
      this.options.log(
        'warning',
        `Can't open or create append-only dir ${this.options.directoryName}: ${failure.message}`,
      );
    }
    disk.syncDirectory(this.options.parent, (error) => {
      const reason = failure ?? error;
      this.stage = reason === null ? PREPARED : IDLE;
      done(reason);
    });
  }

  private giveUp(log: AppendLog, error: DiskError, done: Synced): void {
    this.dropBase(log);
    this.stage = IDLE;
    done(error);
  }

  private dropBase(log: AppendLog): void {
    this.remove(TEMPORARY_BASE);
    if (isWaitingForBase(log)) log.fail();
    if (this.prepared === null) return;
    this.remove(this.temporaryName());
    this.prepared = null;
  }

  private listBase(log: AppendLog, format: 'rdb' | 'aof', done: Synced): void {
    const { filename } = this;
    const isWaiting = isWaitingForBase(log);
    if (!isWaiting && log.state !== LOG_WORKING && !this.isBaseAlone) {
      // The increment above it broke, or the log was turned off.
      this.giveUp(log, new DiskError('EIO'), done);
      return;
    }
    const next = this.manifest.copy();
    const added: string[] = [];
    try {
      added.push(next.addBase(filename, format));
      this.disk.rename(this.path(TEMPORARY_BASE), this.path(added[0]!));
      next.retireIncrements(isWaiting || this.isBaseAlone ? 0 : 1);
      if (isWaiting) {
        added.push(next.addIncrement(filename));
        this.disk.rename(this.path(this.temporaryName()), this.path(added[1]!));
      }
    } catch (error) {
      const failure = asDiskError(error);
      this.options.log('warning', `Error trying to rename the temporary AOF base file: ${failure.message}`);
      for (const name of added) this.remove(name);
      this.giveUp(log, failure, done);
      return;
    }
    this.persist(next, (error) => {
      if (error !== null) {
        // Where the new manifest has its name already a restart may find either: both keep their files.
        if (this.manifest !== next) for (const name of added) this.remove(name);
        this.giveUp(log, error, done);
        return;
      }
      this.prepared = null;
      // Where the log broke or ended meanwhile the files are good up to there.
      if (isWaiting ? isWaitingForBase(log) : log.state === LOG_WORKING && !this.isBaseAlone) log.baseInstalled();
      this.countEarlier();
      this.rewrittenBytes = this.currentBytes(log);
      this.removeHistory(() => {
        this.stage = IDLE;
        done(null);
      });
    });
  }

  private failed(error: DiskError, done: Synced, file?: DiskFile): void {
    file?.close();
    this.stage = IDLE;
    done(error);
  }

  // --- the manifest ---

  /**
   * Brings a manifest to the disk and makes it the present one. When the last sync fails it is the present one all the
   * same: whether a restart finds it or the one before is open, and both can be loaded since nothing is deleted.
   */
  private persist(next: Manifest, done: Synced): void {
    const { disk } = this;
    const temporary = this.path(TEMPORARY_PREFIX + this.filename + MANIFEST_SUFFIX);
    const fail = (error: unknown): void => {
      const failure = asDiskError(error);
      this.options.log('warning', `Error trying to write the AOF manifest file: ${failure.message}`);
      done(failure);
    };
    let file: DiskFile;
    try {
      file = disk.open(temporary, 'create');
      writeAll(file, fromLatin1(next.format()));
    } catch (error) {
      // Told later, as every outcome is.
      disk.syncDirectory(this.options.parent, () => fail(error));
      return;
    }
    file.sync((syncError) => {
      file.close();
      if (syncError !== null) {
        fail(syncError);
        return;
      }
      disk.syncDirectory(this.directory, (namesError) => {
        if (namesError !== null) {
          fail(namesError);
          return;
        }
        try {
          disk.rename(temporary, this.path(this.filename + MANIFEST_SUFFIX));
        } catch (error) {
          fail(error);
          return;
        }
        this.manifest = next;
        disk.syncDirectory(this.directory, (error) => (error === null ? done(null) : fail(error)));
      });
    });
  }

  private persistNow(manifest: Manifest): void {
    const { disk } = this;
    const path = this.path(this.filename + MANIFEST_SUFFIX);
    const temporary = this.path(TEMPORARY_PREFIX + this.filename + MANIFEST_SUFFIX);
    const file = disk.open(temporary, 'create');
    writeAll(file, fromLatin1(manifest.format()));
    file.syncNow();
    file.close();
    disk.syncDirectoryNow(this.directory);
    disk.rename(temporary, path);
    disk.syncDirectoryNow(this.directory);
  }

  private removeHistory(done: () => void): void {
    if (this.removeHistoryFiles()) this.persist(this.withoutHistory(), done);
    else done();
  }

  /** What stayed of earlier rewrites goes now, if that is wanted; waits for the disk. A rewrite does so at its end. */
  dropHistory(): void {
    if (this.stage !== IDLE || !this.removeHistoryFiles()) return;
    const next = this.withoutHistory();
    try {
      this.persistNow(next);
    } catch (error) {
      this.options.log('warning', `Error trying to write the AOF manifest file: ${asDiskError(error).message}`);
      return;
    }
    this.manifest = next;
  }

  /** Deletes what a rewrite has replaced. That some of it stays does no harm, so failures are only logged. */
  private removeHistoryFiles(): boolean {
    if (this.keepsHistory || this.manifest.history.length === 0) return false;
    for (const { name } of this.manifest.history) {
      this.options.log('notice', `Removing the history file ${name} in the background`);
      this.remove(name);
    }
    return true;
  }

  private withoutHistory(): Manifest {
    const next = this.manifest.copy();
    next.history.length = 0;
    return next;
  }

  private countEarlier(): void {
    this.earlierBytes = 0;
    const files = this.manifest.files();
    for (const { name } of files.slice(0, -1)) this.earlierBytes += Math.max(0, this.disk.size(this.path(name)));
  }

  /**
   * Before Redis 7 the log was one file in the working directory: it becomes the base. Should this be interrupted, it is
   * done again at the next start: the manifest lists a base that is still in the working directory.
   */
  private upgradeSingleFile(): void {
    const { filename } = this;
    const { parent } = this.options;
    const oldPath = joinPath(parent, filename);
    const { manifest, disk } = this;
    if (disk.size(oldPath) < 0) return;
    const isUpgrade = manifest.isEmpty();
    const isInterrupted =
      manifest.base?.name === filename && manifest.increments.length === 0 && disk.size(this.path(filename)) < 0;
    if (!isUpgrade && !isInterrupted) return;
    disk.makeDirectory(this.directory);
    disk.syncDirectoryNow(parent);
    manifest.base = { name: filename, sequence: 1 };
    manifest.baseSequence = 1;
    this.persistNow(manifest);
    disk.rename(oldPath, this.path(filename));
    disk.syncDirectoryNow(this.directory);
    disk.syncDirectoryNow(parent);
    this.options.log(
      'notice',
      `Successfully migrated an old-style AOF file (${filename}) into the AOF directory (${this.options.directoryName}).`,
    );
  }

  /** Removes temporary files, and those with the next numbers, which were renamed but never listed. */
  private removeUnfinished(isListed: boolean): void {
    let names: string[];
    try {
      names = this.disk.list(this.directory);
    } catch (error) {
      if (asDiskError(error).code === 'ENOENT') return;
      throw error;
    }
    const { filename } = this;
    const unfinished = new Set([
      TEMPORARY_BASE,
      TEMPORARY_PREFIX + filename + MANIFEST_SUFFIX,
      TEMPORARY_PREFIX + this.incrementName(),
    ]);
    if (isListed && !this.manifest.isEmpty()) {
      const next = this.manifest.copy();
      unfinished.add(next.addIncrement(filename));
      unfinished.add(next.addBase(filename, 'rdb'));
      unfinished.add(this.manifest.copy().addBase(filename, 'aof'));
    } else this.numberBehind(names);
    for (const name of names) if (unfinished.has(name)) this.remove(name);
  }

  /** Without a manifest nothing says that the files here are not somebody's only copy: new ones get other names. */
  private numberBehind(names: readonly string[]): void {
    const start = `${this.filename}.`;
    for (const name of names) {
      const match = name.startsWith(start)
        ? /^(\d{1,15})\.(?:base\.(?:rdb|aof)|incr\.aof)$/.exec(name.slice(start.length))
        : null;
      if (match === null) continue;
      const sequence = Number(match[1]);
      this.manifest.baseSequence = Math.max(this.manifest.baseSequence, sequence);
      this.manifest.incrementSequence = Math.max(this.manifest.incrementSequence, sequence);
    }
  }

  private temporaryName(): string {
    return TEMPORARY_PREFIX + this.incrementName();
  }

  private incrementName(): string {
    return `${this.filename}.incr`;
  }

  private remove(name: string): void {
    try {
      this.disk.unlink(this.path(name));
    } catch (error) {
      const failure = asDiskError(error);
      if (failure.code !== 'ENOENT') this.options.log('warning', `Can't remove ${name}: ${failure.message}`);
    }
  }

  private readText(path: string): string {
    const file = this.disk.open(path, 'read');
    const bytes = new Uint8Array(Math.min(file.size(), MANIFEST_BYTES_MAX));
    let length = 0;
    for (let count = 1; count > 0 && length < bytes.length; length += count) {
      count = file.read(bytes, length, bytes.length, length);
    }
    file.close();
    return toLatin1(bytes, 0, length);
  }
}

/** Whether what the log writes is found only once a base is installed. */
function isWaitingForBase(log: AppendLog): boolean {
  return log.state === LOG_STARTING || log.state === LOG_REBUILDING;
}

// The values of all directives of one server. Code that needs a setting on a hot path follows it and keeps a copy:
//
//   settings.follow(maxmemory, (bytes) => { this.bytesMax = bytes; });
//
// `follow` is told the value now and after every change, and cannot refuse. `watch` is for what must be applied and may
// fail (listening on another port): a watcher runs once per group of changes, however many of its directives changed;
// its refusal takes the whole group back (CONFIG SET is atomic).
//
// Invariants: (1) every known directive has exactly one setting; (2) followers have seen the value that `get` returns,
// except while `change` is between storing and telling; (3) at most one `change` is under way.

import { assert } from './assert.ts';
import { asciiLowerCase, type Directive, type Setting } from './directive.ts';

/** Applies what changed. Answers null, or why it cannot be. May answer later: the group is undecided until then. */
export type Watcher = () => string | null | Promise<string | null>;

/** New settings by directive, in the order in which they were given. */
export type Changes = ReadonlyMap<Directive<unknown>, Setting<unknown>>;

/** Why a group of changes was taken back. */
export interface ChangeRefusal {
  readonly directive: Directive<unknown>;
  readonly text: string;
}

interface Watch {
  readonly directives: readonly Directive<unknown>[];
  readonly apply: Watcher;
}

interface DueWatch {
  readonly watch: Watch;
  /** The first directive of the group that made it due. */
  readonly cause: Directive<unknown>;
}

export class Settings {
  readonly directives: readonly Directive<unknown>[];
  private readonly current = new Map<Directive<unknown>, Setting<unknown>>();
  private readonly byName = new Map<string, Directive<unknown>>();
  private readonly followers = new Map<Directive<unknown>, ((value: unknown) => void)[]>();
  private readonly watches: Watch[] = [];
  private changing = false;

  constructor(directives: readonly Directive<unknown>[]) {
    this.directives = directives;
    for (const directive of directives) {
      this.addName(directive.name, directive);
      if (directive.alias !== '') this.addName(directive.alias, directive);
      this.current.set(directive, { value: directive.default, text: directive.format(directive.default) });
    }
  }

  /** The directive of a name or alias, in whatever case; null if there is none. */
  find(name: string): Directive<unknown> | null {
    return this.byName.get(asciiLowerCase(name)) ?? null;
  }

  has(directive: Directive<unknown>): boolean {
    return this.current.has(directive);
  }

  get<T>(directive: Directive<T>): T {
    return this.setting(directive).value;
  }

  /** The value as CONFIG GET shows it. */
  text(directive: Directive<unknown>): string {
    return this.setting(directive).text;
  }

  setting<T>(directive: Directive<T>): Setting<T> {
    const setting = this.current.get(directive);
    assert(setting !== undefined, 'the directive is one of this server');
    return setting as Setting<T>;
  }

  /** Sets a value from within (REPLICAOF, cluster mode): nothing is checked, watchers do not run. */
  put<T>(directive: Directive<T>, value: T): void {
    this.store(directive, { value, text: directive.format(value) });
  }

  /** Sets a parsed setting at start-up: watchers do not run. */
  store<T>(directive: Directive<T>, setting: Setting<T>): void {
    assert(this.current.has(directive), 'the directive is one of this server');
    this.current.set(directive, setting);
    for (const tell of this.followers.get(directive) ?? []) tell(setting.value);
  }

  /** Tells the value now and after each change. Keeps `tell` for good. */
  follow<T>(directive: Directive<T>, tell: (value: T) => void): void {
    const told = this.followers.get(directive) ?? [];
    told.push(tell as (value: unknown) => void);
    this.followers.set(directive, told);
    tell(this.get(directive));
  }

  /** Runs `apply` once for each group of changes that has one of the directives. Keeps it for good. */
  watch(directives: Directive<unknown> | readonly Directive<unknown>[], apply: Watcher): void {
    this.watches.push({
      directives: Array.isArray(directives) ? directives : [directives as Directive<unknown>],
      apply,
    });
  }

  /**
   * Sets all or none. Values are stored first, then the due watchers run in the order of the changes that cause them;
   * if one refuses, the old values return and all of the due watchers run again, their answers ignored.
   */
  change(changes: Changes): ChangeRefusal | null | Promise<ChangeRefusal | null> {
    assert(!this.changing, 'the change before has ended');
    const before = new Map<Directive<unknown>, Setting<unknown>>();
    const due: DueWatch[] = [];
    for (const [directive, setting] of changes) {
      const old = this.setting(directive);
      before.set(directive, old);
      if (setting.text === old.text && !directive.reapplied) continue;
      for (const watch of this.watches) {
        if (!watch.directives.includes(directive) || due.some((known) => known.watch === watch)) continue;
        due.push({ watch, cause: directive });
      }
    }
    this.changing = true;
    for (const [directive, setting] of changes) this.store(directive, setting);
    const answer = this.applyFrom(due, 0, before);
    if (!(answer instanceof Promise)) {
      this.changing = false;
      return answer;
    }
    return answer.finally(() => {
      this.changing = false;
    });
  }

  private applyFrom(
    due: readonly DueWatch[],
    from: number,
    before: Changes,
  ): ChangeRefusal | null | Promise<ChangeRefusal | null> {
    for (let index = from; index < due.length; index++) {
      const { watch, cause } = due[index]!;
      const answer = watch.apply();
      if (answer instanceof Promise) {
        return answer.then((text) =>
          text === null
            ? this.applyFrom(due, index + 1, before)
            : this.takeBack(due, before, { directive: cause, text }),
        );
      }
      if (answer !== null) return this.takeBack(due, before, { directive: cause, text: answer });
    }
    return null;
  }

  private takeBack(
    due: readonly DueWatch[],
    before: Changes,
    refusal: ChangeRefusal,
  ): ChangeRefusal | Promise<ChangeRefusal> {
    for (const [directive, setting] of before) this.store(directive, setting);
    const answers = due.map(({ watch }) => watch.apply()).filter((answer) => answer instanceof Promise);
    return answers.length === 0 ? refusal : Promise.all(answers).then(() => refusal);
  }

  private addName(name: string, directive: Directive<unknown>): void {
    assert(!this.byName.has(name), 'no two directives share a name');
    this.byName.set(name, directive);
  }
}

// The forms in which COMMAND DOCS and COMMAND INFO describe arguments and keys.

import type { Reply } from '../../protocol/reply.ts';
import type { ArgumentDefinition, KeySpec } from '../command.ts';
import type { CommandTable } from '../command-table.ts';

/** A set of flags or categories. */
export function writeWords(out: Reply, words: readonly string[]): void {
  out.set(words.length);
  for (const each of words) out.simple(each);
}

/** The documentation of a command, as COMMAND DOCS gives it. */
export function writeCommandDocs(table: CommandTable, id: number, out: Reply): void {
  const { summary, since, group, complexity, internal, deprecated, history, args } = table.definitions[id]!;
  const subcommands = table.subcommandsOf(id);
  const mark = out.later();
  let fields = 0;
  const field = (name: string): Reply => {
    fields++;
    out.bulkText(name);
    return out;
  };
  field('summary').bulkText(summary);
  field('since').bulkText(since);
  field('group').bulkText(group);
  field('complexity').bulkText(complexity);
  const marks = [...(deprecated === undefined ? [] : ['deprecated']), ...(internal === true ? ['syscmd'] : [])];
  if (marks.length > 0) writeWords(field('doc_flags'), marks);
  if (deprecated !== undefined) {
    field('deprecated_since').bulkText(deprecated.since);
    field('replaced_by').bulkText(deprecated.instead);
  }
  if (history !== undefined && history.length > 0) {
    field('history').set(history.length);
    for (const [version, change] of history) {
      out.array(2);
      out.bulkText(version);
      out.bulkText(change);
    }
  }
  if (args !== undefined && args.length > 0) {
    field('arguments');
    new ArgumentWriter(out, table.keySpecs[id]!.length).list(args);
  }
  if (subcommands.length > 0) {
    field('subcommands').map(subcommands.length);
    for (const subcommand of subcommands) {
      out.bulkText(table.definitions[subcommand]!.name);
      writeCommandDocs(table, subcommand, out);
    }
  }
  out.mapAt(mark, fields);
}

class ArgumentWriter {
  private readonly out: Reply;
  private readonly keySpecs: number;
  private keys = 0;

  constructor(out: Reply, keySpecs: number) {
    this.out = out;
    this.keySpecs = keySpecs;
  }

  list(args: readonly ArgumentDefinition[]): void {
    this.out.array(args.length);
    for (const argument of args) this.argument(argument);
  }

  private argument(argument: ArgumentDefinition): void {
    const { out } = this;
    const { name, type, token, display = name, since, deprecatedSince, args } = argument;
    const mark = out.later();
    let fields = 0;
    const field = (key: string, value: string): void => {
      fields++;
      out.bulkText(key);
      out.bulkText(value);
    };
    field('name', name);
    field('type', type);
    if (args === undefined) field('display_text', display);
    // Keys and their specifications stand in the same order; keys that none tells of have no number.
    if (type === 'key' && this.keys < this.keySpecs) {
      fields++;
      out.bulkText('key_spec_index');
      out.integer(this.keys++);
    }
    if (token !== undefined) field('token', token);
    if (since !== undefined) field('since', since);
    if (deprecatedSince !== undefined) field('deprecated_since', deprecatedSince);
    const flags = [
      ...(argument.optional === true ? ['optional'] : []),
      ...(argument.multiple === true ? ['multiple'] : []),
      ...(argument.multipleToken === true ? ['multiple_token'] : []),
    ];
    if (flags.length > 0) {
      fields++;
      out.bulkText('flags');
      writeWords(out, flags);
    }
    if (args !== undefined) {
      fields++;
      out.bulkText('arguments');
      this.list(args);
    }
    out.mapAt(mark, fields);
  }
}

/** Key specifications, as COMMAND INFO gives them. */
export function writeKeySpecs(out: Reply, specs: readonly KeySpec[]): void {
  out.set(specs.length);
  for (const { flags, notes, begin, find } of specs) {
    out.map(notes === undefined ? 3 : 4);
    if (notes !== undefined) {
      out.bulkText('notes');
      out.bulkText(notes);
    }
    out.bulkText('flags');
    writeWords(out, flags);
    out.bulkText('begin_search');
    if (begin === 'unknown') writeSearch(out, 'unknown', []);
    else if ('index' in begin) writeSearch(out, 'index', [['index', begin.index]]);
    else {
      writeSearch(out, 'keyword', [
        ['keyword', begin.keyword],
        ['startfrom', begin.from],
      ]);
    }
    out.bulkText('find_keys');
    if (find === 'unknown') writeSearch(out, 'unknown', []);
    else if ('last' in find) {
      writeSearch(out, 'range', [
        ['lastkey', find.last],
        ['keystep', find.step],
        ['limit', find.limit],
      ]);
    } else {
      writeSearch(out, 'keynum', [
        ['keynumidx', find.countAt],
        ['firstkey', find.first],
        ['keystep', find.step],
      ]);
    }
  }
}

function writeSearch(out: Reply, type: string, fields: readonly (readonly [string, string | number])[]): void {
  out.map(2);
  out.bulkText('type');
  out.bulkText(type);
  out.bulkText('spec');
  out.map(fields.length);
  for (const [name, value] of fields) {
    out.bulkText(name);
    if (typeof value === 'number') out.integer(value);
    else out.bulkText(value);
  }
}

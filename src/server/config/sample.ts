// The text of cinnabar.conf, the commented configuration file that comes with the program: every directive with what it
// does and its default, made from the declarations. `npm run generate` writes it, `npm run check` compares it.

import type { Directive, FileLine } from '../../lib/directive.ts';
import { dir } from '../../persistence/directives.ts';
import { replicaof } from './replication.ts';
import { DIRECTIVE_GROUPS } from './table.ts';

const WIDTH = 100;

const INTRODUCTION = `# Configuration of Cinnabar. Start the server with the path of this file:
#
#   cinnabar-server /path/to/cinnabar.conf
#
# Every line with a # is a comment. Lines with a directive directly behind the # show its default:
# take the # away and change the value. All that can be said here can also be said on the command
# line, where it wins:
#
#   cinnabar-server /path/to/cinnabar.conf --port 7777 --loglevel verbose
#
# and most of it while the server runs, with CONFIG SET; CONFIG REWRITE brings such changes back
# into this file. The syntax is that of redis.conf, and a redis.conf can be used as it is.
#
# Values with blanks are quoted: requirepass "correct horse". In double quotes \\n, \\r, \\t, \\", \\\\
# and \\xff mean what they mean in C; in single quotes only \\' does.
#
# Sizes of memory: 1k is 1000 bytes, 1kb 1024, 1m 1000000, 1mb 1048576, 1g and 1gb likewise;
# upper and lower case are the same.
#
# More files, read at this place, so that what follows them wins. A pattern may find none:
#   include /etc/cinnabar/*.conf
#
# Give a command another name, or none at all; such names must be the same on all replicas:
#   rename-command CONFIG secret-config
#   rename-command DEBUG ""
#
# Users, as ACL SETUSER takes them (or in a file of their own, see aclfile):
#   user alice on >password ~cache:* +@read
`;

export function sampleConfiguration(): string {
  let text = INTRODUCTION;
  for (const { title, directives } of DIRECTIVE_GROUPS) {
    const shown = directives.filter((directive) => !directive.hidden);
    text += `\n${'#'.repeat(10)} ${title} ${'#'.repeat(WIDTH - 12 - title.length)}\n`;
    for (const directive of shown) text += `\n${describe(directive)}`;
  }
  return text;
}

function describe(directive: Directive<unknown>): string {
  const notes: string[] = [directive.summary];
  if (directive.immutable) notes.push('Not changed while the server runs.');
  if (directive.protected) notes.push('Changed while the server runs only if enable-protected-configs allows it.');
  if (directive.alias !== '') notes.push(`Also known as ${directive.alias}.`);
  const prose = wrap(notes.join(' '));
  const lines = defaultLines(directive).map(({ text }) => `#${directive.name} ${text}\n`);
  return prose + lines.join('');
}

/** Lines that mean the default. */
function defaultLines(directive: Directive<unknown>): readonly Pick<FileLine, 'text'>[] {
  if (directive === dir) return [{ text: './' }];
  if (directive === replicaof) return [{ text: 'no one' }];
  const lines = directive.fileLines({ value: directive.default, text: directive.format(directive.default) });
  return lines.length > 0 ? lines : [{ text: directive.format(directive.default) || '""' }];
}

function wrap(prose: string): string {
  let text = '';
  let line = '#';
  for (const word of prose.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      text += `${line}\n`;
      line = '#';
    }
    line += ` ${word}`;
  }
  return `${text}${line}\n`;
}

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseCommandLine } from '../config/command-line.ts';
import { configDisk } from '../config/config-disk.ts';
import { ServerConfig } from '../config/server-config.ts';
import { Log } from '../log.ts';
import { obeyOomScore } from './oom-score.ts';

const home = mkdtempSync(join(tmpdir(), 'cinnabar-oom-'));
after(() => rmSync(home, { recursive: true }));
let files = 0;

/** A process with a score, and its configuration. */
function probe(initial: string, args: readonly string[] = []) {
  const path = join(home, String(files++));
  writeFileSync(path, initial);
  const config = new ServerConfig({ files: configDisk, directory: home });
  assert.equal(config.load(parseCommandLine(args)), null);
  let logged = '';
  const log = new Log({
    pid: 1,
    now: () => 0,
    sink: (line) => {
      logged += line.slice(line.indexOf(' # ') + 1);
    },
  });
  obeyOomScore({ config, log }, path);
  return {
    path,
    score: () => Number(readFileSync(path, 'latin1')),
    set: (...pairs: [string, string][]): string | null => {
      const answer = config.set(pairs, { allowProtected: false, loading: false });
      assert.ok(!(answer instanceof Promise));
      return answer;
    },
    get: (name: string) => config.match([name])[0]?.[1],
    logged: () => logged,
  };
}

test('values are added to the score that the process had, or set, and it comes back', () => {
  const { score, set } = probe('7\n');
  assert.equal(score(), 7);
  assert.equal(set(['oom-score-adj-values', '10 20 30']), null);
  assert.equal(score(), 7, 'nothing is touched while it is off');
  set(['oom-score-adj', 'yes']);
  assert.equal(score(), 17);
  set(['oom-score-adj-values', '15 20 30']);
  assert.equal(score(), 22);
  set(['oom-score-adj', 'absolute']);
  assert.equal(score(), 15);
  set(['oom-score-adj', 'no']);
  assert.equal(score(), 7);
  set(['oom-score-adj', 'relative'], ['oom-score-adj-values', '2000 2000 2000']);
  assert.equal(score(), 1000, 'as much as Linux takes');
  set(['oom-score-adj-values', '-2000 0 0']);
  assert.equal(score(), -1000);
});

test('what the configuration says is so from the start', () => {
  assert.equal(probe('3', ['--oom-score-adj', 'yes', '--oom-score-adj-values', '1', '2', '3']).score(), 4);
});

test('a score that may not be set is refused, and everything stays; a server starts all the same', () => {
  const { path, set, get, logged } = probe('0', ['--oom-score-adj-values', '1', '2', '3']);
  rmSync(path);
  assert.equal(
    set(['oom-score-adj', 'yes']),
    "ERR CONFIG SET failed (possibly related to argument 'oom-score-adj') - Failed to set current oom_score_adj. Check server logs.",
  );
  assert.equal(get('oom-score-adj'), 'no');
  assert.equal(logged(), '# Unable to write oom_score_adj: No such file or directory\n');
});

test('values that a process without privileges cannot take in turn are warned of', () => {
  const { set, logged } = probe('0');
  set(['oom-score-adj-values', '1 2 3']);
  assert.equal(logged(), '');
  assert.equal(set(['oom-score-adj-values', '3 2 1']), null);
  assert.match(logged(), /^# The oom-score-adj-values configuration may not work for non-privileged processes!/);
});

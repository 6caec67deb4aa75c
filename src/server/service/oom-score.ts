// oom-score-adj and oom-score-adj-values: whom Linux stops first when memory runs out.
//
// The score that the process had when it was first asked to change it is what relative values are added to, and what it
// gets back when it is asked for none.

import { readFileSync, writeFileSync } from 'node:fs';
import { DiskError } from '../../world/disk.ts';
import { oomScoreAdj, oomScoreAdjValues } from '../config/process.ts';
import type { Server } from '../server.ts';

const PATH = '/proc/self/oom_score_adj';
/** What Linux takes. */
const SCORE_MAX = 1000;

const REFUSAL = 'Failed to set current oom_score_adj. Check server logs.';

type ScoredServer = Pick<Server, 'config' | 'log'>;

/** Sets the score of the process, now and when the configuration changes. Where it may not, the server starts all the same. */
export function obeyOomScore(server: ScoredServer, path = PATH): void {
  const score = new OomScore(server, path);
  score.apply();
  server.config.watch([oomScoreAdj, oomScoreAdjValues], () => score.apply());
  server.config.watch(oomScoreAdjValues, () => {
    const { primary, replica, child } = server.config.get(oomScoreAdjValues);
    if (primary > replica || replica > child)
      server.log.warning(
        'The oom-score-adj-values configuration may not work for non-privileged processes! Please consult the documentation.',
      );
    return null;
  });
}

class OomScore {
  private readonly server: ScoredServer;
  private readonly path: string;
  /** Null: as it was. */
  private initial: number | null = null;

  constructor(server: ScoredServer, path: string) {
    this.server = server;
    this.path = path;
  }

  apply(): string | null {
    const { config, log } = this.server;
    const mode = config.get(oomScoreAdj);
    if (mode === 'no' && this.initial === null) return null;
    try {
      this.initial ??= Number(readFileSync(this.path, 'latin1'));
      const { primary } = config.get(oomScoreAdjValues);
      if (mode === 'no') this.write(this.initial);
      else this.write(mode === 'absolute' ? primary : this.initial + primary);
      if (mode === 'no') this.initial = null;
      return null;
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      log.warning(`Unable to write oom_score_adj: ${code === '' ? message : new DiskError(code).message}`);
      return REFUSAL;
    }
  }

  private write(score: number): void {
    writeFileSync(this.path, String(Math.max(-SCORE_MAX, Math.min(SCORE_MAX, score))));
  }
}

// Every configuration directive, by subject: collected from the files where they are declared. What is exported there
// is known here.

import * as engine from '../../engine/directives.ts';
import { Directive } from '../../lib/directive.ts';
import * as persistence from '../../persistence/directives.ts';
import * as clients from './clients.ts';
import * as cluster from './cluster.ts';
import * as monitoring from './monitoring.ts';
import * as network from './network.ts';
import * as processes from './process.ts';
import * as replication from './replication.ts';
import * as security from './security.ts';
import * as tls from './tls.ts';

export interface DirectiveGroup {
  readonly title: string;
  readonly directives: readonly Directive<unknown>[];
}

function group(title: string, declarations: Readonly<Record<string, unknown>>): DirectiveGroup {
  const directives = Object.values(declarations).filter((value) => value instanceof Directive);
  return { title, directives: directives.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** In the order of the sample file. */
export const DIRECTIVE_GROUPS: readonly DirectiveGroup[] = [
  group('Network', network),
  group('TLS', tls),
  group('Process, log, system', processes),
  group('Data, memory, notifications, users', engine),
  group('Clients', clients),
  group('Security', security),
  group('Snapshots and append-only file', persistence),
  group('Replication', replication),
  group('Cluster', cluster),
  group('Slow log and latency', monitoring),
];

export const DIRECTIVES: readonly Directive<unknown>[] = DIRECTIVE_GROUPS.flatMap(({ directives }) => directives);

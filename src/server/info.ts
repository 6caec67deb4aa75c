// INFO: collects the sections that the rooms declare.

import { engineInfo, InfoFields, type InfoSection } from '../engine/info.ts';
import { persistenceInfo } from '../persistence/info.ts';
import { aloneInfo } from './info-alone.ts';
import { serverInfo } from './info-sections.ts';
import type { Server } from './server.ts';

/** In the order in which they are shown. */
const ORDER = [
  'server',
  'clients',
  'memory',
  'persistence',
  'stats',
  'replication',
  'cpu',
  'modules',
  'commandstats',
  'errorstats',
  'latencystats',
  'cluster',
  'keyspace',
  'keysizes',
];

export function allInfo(server: Server): readonly InfoSection[] {
  const sections = [
    ...serverInfo(server),
    ...engineInfo(server.engine),
    ...aloneInfo(server),
    ...persistenceInfo(server.persistence),
  ];
  const place = (section: InfoSection) => (ORDER.indexOf(section.name) + ORDER.length + 1) % (ORDER.length + 1);
  return sections.sort((first, second) => place(first) - place(second));
}

/** The text of the sections that `names` ask for; none: the default ones. */
export function infoText(sections: readonly InfoSection[], names: readonly string[]): string {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const all = wanted.has('all') || wanted.has('everything');
  const usual = wanted.size === 0 || wanted.has('default');
  const texts = new Map<string, { title: string; fields: InfoFields }>();
  for (const { name, title, shown, write } of sections) {
    const isShown = wanted.has(name) || (all && shown !== 'never') || (usual && shown === 'default');
    if (!isShown) continue;
    const text = texts.get(name) ?? { title, fields: new InfoFields() };
    texts.set(name, text);
    write(text.fields);
  }
  return [...texts.values()].map(({ title, fields }) => `# ${title}\r\n${fields.text}`).join('\r\n');
}

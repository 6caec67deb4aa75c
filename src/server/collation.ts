// locale-collate: the language whose order SORT ALPHA follows. Redis asks the C library for it, here Unicode's collation in
// the runtime answers, which knows every language whether it is installed or not.

import type { Collation } from '../lib/collation.ts';
import { localeCollate } from './config/process.ts';
import type { Server } from './server.ts';

/** The order of a locale, named as systems do: "C", "de_DE.UTF-8". Null for that of bytes, undefined for none. */
export function collationOf(locale: string): Collation | null | undefined {
  const [, name = '', encoding = ''] = /^([^.@]*)(?:\.([^@]*))?(?:@.*)?$/.exec(locale) ?? [];
  if (name === 'C' || name === 'POSIX') return null;
  // Texts are UTF-8 here, as with everybody who sets a language.
  if (!['', 'utf8', 'utf-8'].includes(encoding.toLowerCase())) return undefined;
  const tag = name.replaceAll('_', '-');
  try {
    if (Intl.Collator.supportedLocalesOf([tag]).length === 0) return undefined;
    return new Intl.Collator(tag).compare;
  } catch {
    return undefined;
  }
}

/** The locale that the environment names for the order of texts. */
export function environmentLocale(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['LC_ALL'] || environment['LC_COLLATE'] || environment['LANG'] || 'C';
}

/** Follows the configuration. False when what it says at the start is no locale; the order is that of bytes then. */
export function obeyCollation(server: Server, fallback: string): boolean {
  const { config, engine } = server;
  const apply = (): string | null => {
    const wanted = config.get(localeCollate);
    // An environment that names a locale which is not there leaves it at C, as in other programs.
    const collation = wanted === '' ? (collationOf(fallback) ?? null) : collationOf(wanted);
    if (collation === undefined) return 'Invalid locale name';
    engine.collation = collation;
    return null;
  };
  config.watch(localeCollate, apply);
  return apply() === null;
}

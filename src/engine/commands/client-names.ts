// What names a client may give itself: CLIENT SETNAME, SETINFO, HELLO SETNAME.

import { error } from '../../protocol/errors.ts';

/** Names are shown in lines of words: no spaces, no line breaks, nothing that does not print. */
export function isClientName(name: string): boolean {
  return /^[!-~]*$/.test(name);
}

export const NAME_REFUSAL = error('ERR Client names cannot contain spaces, newlines or special characters.');

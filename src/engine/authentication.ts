// Who may come in: the password of the default user (requirepass). Compared by digest, in the same time whatever differs.

import { fromLatin1 } from '../lib/bytes.ts';
import { sha256Hex } from '../lib/sha256.ts';

export class Authentication {
  /** Digest of the password; '': none is asked. */
  private digest = '';

  /** Whether clients must authenticate. */
  isRequired(): boolean {
    return this.digest !== '';
  }

  /** Sets the password, in latin1; '' asks for none. */
  setPassword(password: string): void {
    this.digest = password === '' ? '' : digestOf(password);
  }

  /** Whether there is a user of this name. */
  hasUser(name: string): boolean {
    return name === 'default';
  }

  /** Whether a user and a password, in latin1, belong together. Without a password any will do for the default user. */
  accepts(user: string, password: string): boolean {
    const given = digestOf(password);
    const wanted = this.digest === '' ? given : this.digest;
    let difference = this.hasUser(user) ? 0 : 1;
    for (let index = 0; index < wanted.length; index++)
      difference |= wanted.charCodeAt(index) ^ given.charCodeAt(index);
    return difference === 0;
  }
}

function digestOf(password: string): string {
  const bytes = fromLatin1(password);
  return sha256Hex(bytes, 0, bytes.length);
}

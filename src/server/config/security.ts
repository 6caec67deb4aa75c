// Directives of what even an authenticated client may not do, and of the file of users.

import { enumeration, text } from '../../lib/directive.ts';

const PERMISSIONS = ['no', 'yes', 'local'] as const;

export const aclfile = text('aclfile', '', {
  summary: 'The file of users, read by ACL LOAD and written by ACL SAVE. Not together with user lines.',
  immutable: true,
});

export const enableProtectedConfigs = enumeration('enable-protected-configs', 'no', PERMISSIONS, {
  summary: 'Who may set dir and dbfilename while the server runs: nobody, everybody, or clients of this machine.',
  immutable: true,
});

export const enableDebugCommand = enumeration('enable-debug-command', 'no', PERMISSIONS, {
  summary: 'Who may use DEBUG: nobody, everybody, or clients of this machine.',
  immutable: true,
});

export const enableModuleCommand = enumeration('enable-module-command', 'no', PERMISSIONS, {
  summary: 'Who may use MODULE: nobody, everybody, or clients of this machine.',
  immutable: true,
});

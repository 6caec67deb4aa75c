// Syntax trees of the project's files, from the TypeScript compiler, which runs beside this process.

import { resolve } from 'node:path';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';
import type { HouseFile } from './house.ts';

/** The files of the project's tsconfig.json. */
export function readProject(root: string): HouseFile[] {
  const api = new API({ cwd: root });
  try {
    return readFiles(api, root);
  } finally {
    api.close();
  }
}

/** Texts by path, as if they were a project: for tests of the rules. */
export function readTexts(texts: Readonly<Record<string, string>>): HouseFile[] {
  const files: Record<string, string> = {
    '/project/tsconfig.json': '{ "compilerOptions": { "noLib": true, "types": [] }, "include": ["src", "scripts"] }',
  };
  for (const [path, text] of Object.entries(texts)) files[`/project/${path}`] = text;
  const api = new API({ cwd: '/project', fs: createVirtualFileSystem(files) });
  try {
    return readFiles(api, '/project');
  } finally {
    api.close();
  }
}

function readFiles(api: API, root: string): HouseFile[] {
  const configFile = resolve(root, 'tsconfig.json');
  const project = api.updateSnapshot({ openProjects: [configFile] }).getProject(configFile);
  if (project === undefined) throw new Error(`no project at ${configFile}`);
  return project.rootFiles.map((name) => {
    const source = project.program.getSourceFile(name);
    if (source === undefined) throw new Error(`no syntax tree of ${name}`);
    return { path: name.slice(root.length + 1), source };
  });
}

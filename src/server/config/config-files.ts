// What the configuration needs of the disk. config-disk.ts is the real one; tests have one in memory. Paths and texts
// are binary (one character per byte), reasons are the system's words ("No such file or directory").

export type FileContent =
  | { readonly text: string }
  /** `missing`: there is no such file, as opposed to one that cannot be read. */
  | { readonly reason: string; readonly missing: boolean };

export type FoundDirectory = { readonly path: string } | { readonly reason: string };

export interface ConfigFiles {
  /** An absolute path from one that may be relative to the directory. */
  absolute(directory: string, path: string): string;
  read(path: string): FileContent;
  readStdin(): string;
  /** The existing paths that a pattern with * ? [ names, in alphabetical order. */
  glob(pattern: string): string[];
  /** Makes the text the content of the file, whole or not at all, also across a crash. Null, or why not. */
  replace(path: string, text: string): string | null;
  /** The path without symbolic links of a directory that can be entered. */
  findDirectory(path: string): FoundDirectory;
  /** Null if the file can be appended to (it is made if missing), or why not. */
  refuseAppending(path: string): string | null;
}

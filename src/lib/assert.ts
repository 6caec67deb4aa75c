// Assertions: facts that hold or the program is wrong (STYLE.md, "Errors: three kinds"). A failed one is never
// caught: the server logs its state and stops. VERIFY guards the costly ones; the bundle is built without them.

declare const CINNABAR_VERIFY: boolean | undefined;

/** True where costly checks run (tests, fuzzers, sources run as they are); a constant `false` in the bundle. */
export const VERIFY: boolean = typeof CINNABAR_VERIFY === 'boolean' ? CINNABAR_VERIFY : true;

/** Thrown by a failed assertion; nothing but the outermost crash handler may catch it. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Stops the program when a fact that must hold does not. `message` is a literal: nothing is built when it holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Ends a switch or branch that cannot be reached. */
export function unreachable(why: string): never {
  throw new AssertionFailure(`unreachable: ${why}`);
}

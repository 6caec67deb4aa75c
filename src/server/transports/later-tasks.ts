// Work that must wait until the entry of a transport is over, all of it in one call of setImmediate: there promises
// settle and nextTick runs, which they do not after an FFI callback. Timers are captured at load, so that a test's fake
// timers never freeze a server.

const { setImmediate } = globalThis;

export class LaterTasks {
  readonly #fatal: (error: unknown) => void;
  #tasks: (() => void)[] = [];
  readonly #runAll = (): void => this.#run();

  /** `fatal` gets what a task throws. */
  constructor(fatal: (error: unknown) => void) {
    this.#fatal = fatal;
  }

  /** Runs `task` soon, in the order of the calls. What tasks add runs the next time. */
  add(task: () => void): void {
    if (this.#tasks.push(task) === 1) setImmediate(this.#runAll);
  }

  #run(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) {
      try {
        task();
      } catch (error) {
        this.#fatal(error);
      }
    }
  }
}

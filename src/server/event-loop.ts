// How busy Node's event loop is, as INFO tells it: from the counts that libuv keeps itself.

/** What performance.nodeTiming has since Node 22.10. */
interface LoopTiming {
  readonly uvMetricsInfo?: { readonly loopCount: number };
}

export interface LoopUse {
  readonly cycles: number;
  /** Microseconds in which it did not wait. */
  readonly busyMicroseconds: number;
}

export function loopUse(): LoopUse {
  const timing: LoopTiming = performance.nodeTiming;
  return {
    cycles: timing.uvMetricsInfo?.loopCount ?? 0,
    busyMicroseconds: performance.eventLoopUtilization().active * 1000,
  };
}

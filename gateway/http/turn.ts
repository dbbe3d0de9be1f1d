let end: Promise<void> | null = null;

/**
 * Resolves at the end of this turn of the event loop. What the sockets bring in one turn waits for it and then goes
 * through the stages together: the second request finds a stage's code in the processor's caches, where alone each
 * would load the whole pipeline. That halves the CPU time of a request under load (docs/decisions/0041), and costs an
 * idle gateway some microseconds. Known as cohort scheduling (Larus and Parkes, USENIX 2002).
 */
export function turnEnd(): Promise<void> {
  end ??= new Promise((resolve) => {
    setImmediate(() => {
      end = null;
      resolve();
    });
  });
  return end;
}

/**
 * Options of Node for the lab's own processes. V8 gives each young space up to three times 16 MiB before it collects;
 * at a lab's rates 4 MiB do, and a run of eight processes fits into 512 MiB (docs/results/first-hour.md).
 */
export const partOptions: readonly string[] = ["--max-semi-space-size=4"];

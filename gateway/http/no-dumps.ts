import { writeFileSync } from "node:fs";
import { LabError } from "../../kernel/errors.ts";

/** Options of Node that write or open the memory of the process. */
const dumpOptions = /^--(heapsnapshot-signal|heapsnapshot-near-heap-limit|heap-prof|abort-on-uncaught-exception|inspect(-brk|-port|-wait|-publish-uid)?)(=|$)/;

/**
 * Keeps the memory of a process that holds secrets out of files, as far as Node can:
 * - a diagnostic report leaves out the environment, where keys are;
 * - a start with an option that writes or opens the heap is refused (`memory_dumps_on`), because some of them cannot be
 *   switched off again;
 * - SIGUSR1 no longer opens the inspector;
 * - on Linux a core file gets no memory: the process empties its own filter. The size limit of core files is not Node's
 *   to set (`ulimit -c 0`).
 */
export function withoutDumps(): void {
  process.report.excludeEnv = true;
  const { NODE_OPTIONS = "" } = process.env;
  const found = [...process.execArgv, ...NODE_OPTIONS.split(/\s+/)].filter((option) => dumpOptions.test(option.replaceAll("_", "-")));
  if (found.length > 0) {
    throw new LabError({ exit: "refused", code: "memory_dumps_on", message: `This process holds secrets and was started with ${found.join(" ")}, which writes or opens its memory`, hint: "start it without this option" });
  }
  process.on("SIGUSR1", () => {});
  emptyCoreFilter();
}

const coreFilter = "/proc/self/coredump_filter";

/**
 * Which parts of the memory a core file gets (core(5)); elsewhere than on Linux there is no such file, and nothing else
 * that Node could do.
 */
function emptyCoreFilter(): void {
  try {
    writeFileSync(coreFilter, "0");
  } catch {
    // Not Linux, or /proc is read only: then `ulimit -c 0` alone helps.
  }
}

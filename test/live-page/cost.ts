import { ProcessTree } from "../memory/process-tree.ts";

/** Processor time of a while as shares of one core, by what the processes are. */
export type Shares = Readonly<Record<string, number>>;

export const names = { lab: "the lab's own process", observer: "the observer", renderer: "the page's renderer", chromium: "the rest of Chromium", others: "load, gateway, providers, network, warden" } as const;

const programs: readonly (readonly [name: string, pattern: RegExp])[] = [
  [names.renderer, /--type=renderer/],
  [names.chromium, /chrom/],
  [names.lab, /lab\/cli\/(main\.ts|blastlab\.mjs)/],
  [names.observer, /observer\/main\.ts --config/],
];

const everyMs = 500;

interface Used {
  readonly name: string;
  readonly cpuMs: number;
}

/**
 * Counts what the processes that this one has started use from now until the result is called. One that ends before is
 * counted as far as it was seen.
 */
export function startCost(): () => Shares {
  const tree = new ProcessTree(process.pid);
  const before = usedBy(tree);
  const used = new Map(before);
  const look = () => {
    for (const [pid, now] of usedBy(tree)) used.set(pid, now);
  };
  const fromMs = performance.now();
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    look();
    const lengthMs = performance.now() - fromMs;
    const shares: Record<string, number> = {};
    for (const [pid, { name, cpuMs }] of used) shares[name] = (shares[name] ?? 0) + (cpuMs - (before.get(pid)?.cpuMs ?? 0)) / lengthMs;
    return shares;
  };
}

function usedBy(tree: ProcessTree): ReadonlyMap<number, Used> {
  const started = tree.read().filter(({ pid }) => pid !== process.pid);
  return new Map(started.map(({ pid, command, cpuMs }) => [pid, { name: programs.find(([, pattern]) => pattern.test(command))?.[0] ?? names.others, cpuMs }]));
}

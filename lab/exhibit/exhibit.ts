import { exhibitRun, playCell, playControl, type ExhibitCell } from "./cell.ts";

/** The project's headline: the same users and the same load, a provider down against the gateway down. */
export const exhibitScenarios = ["provider-down", "gateway-dead", "gateway-sick"] as const;
export const exhibitStacks = ["naive", "hardened"] as const;

/**
 * Plays every scenario on every stack, in the order of the scenarios. The scenarios last as long and ask the same, so
 * one control serves a stack.
 */
export async function playExhibit(onProgress: (done: number, total: number) => void): Promise<readonly ExhibitCell[]> {
  const cells: ExhibitCell[] = [];
  const total = exhibitStacks.length * (exhibitScenarios.length + 1);
  let done = 0;
  const step = () => onProgress(++done, total);
  for (const stack of exhibitStacks) {
    const runs = exhibitScenarios.map((scenario) => exhibitRun(scenario, stack));
    const control = await playControl(runs[0]!);
    step();
    for (const run of runs) {
      cells.push(await playCell(run, control));
      step();
    }
  }
  const order = (cell: ExhibitCell) => (exhibitScenarios as readonly string[]).indexOf(cell.scenario);
  return cells.sort((a, b) => order(a) - order(b));
}

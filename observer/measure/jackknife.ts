import { mean, studentT, sum } from "../../kernel/stats.ts";

/** With fewer clients in a cell, leaving one out says nothing of the others. */
const clientsMin = 10;

/**
 * Half of a figure's 95 % interval over clients: delete-one-client jackknife, stratified by cell. `figureWithout` is
 * the figure of the run without this client of the cell with this index. Null where a cell has too few clients. Source:
 * Wolter, Introduction to Variance Estimation (2007), 4.5.
 */
export function halfOverClients<T>(cells: readonly ReadonlyMap<string, T>[], figureWithout: (cell: number, client: T) => number): number | null {
  if (cells.some(({ size }) => size < clientsMin)) return null;
  let variance = 0;
  for (const [index, clients] of cells.entries()) {
    const figures = [...clients.values()].map((client) => figureWithout(index, client));
    const middle = mean(figures);
    variance += ((figures.length - 1) / figures.length) * sum(figures.map((value) => (value - middle) ** 2));
  }
  return studentT(sum(cells.map(({ size }) => size - 1))) * Math.sqrt(variance);
}

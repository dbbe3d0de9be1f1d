import type { Attributes, Meter } from "@opentelemetry/api";
import { packageMetricNames as names } from "../../../kernel/metric-names.ts";
import type { PackageEvent } from "../../core/packages/ports.ts";
import { packageName, type RunningPackages } from "../../core/packages/running.ts";

/** What metrics show of a data plane under a control plane. */
export interface PackagesView {
  readonly running: RunningPackages;
  readonly diskTrouble: string | null;
  readonly isConnected: boolean;
  readonly answers: Readonly<Record<PackageAnswer, number>>;
}

type PackageAnswer = "acknowledged" | "refused";

/** What a data plane has answered for packages in this life of the process. */
export class PackageAnswers {
  readonly counts = { acknowledged: 0, refused: 0 };

  record({ type }: PackageEvent): void {
    if (type === "package_acknowledged") this.counts.acknowledged++;
    if (type === "package_refused") this.counts.refused++;
  }
}

/** Reads the view at each scrape. */
export function watchPackages(meter: Meter, view: () => PackagesView): void {
  const gauge = (name: string, description: string, read: (view: PackagesView) => readonly [number, Attributes?][]) =>
    meter.createObservableGauge(name, { description }).addCallback((result) => read(view()).forEach(([value, labels]) => result.observe(value, labels)));
  meter.createObservableCounter(names.answers, { description: "Packages that were acknowledged or refused" }).addCallback((result) => {
    for (const [answer, count] of Object.entries(view().answers)) result.observe(count, { answer });
  });
  gauge(names.share, "Share of the clients whose requests run on the package", ({ running }) => sharesOf(running));
  gauge(names.diskTrouble, "1 while packages cannot be kept on disk", ({ diskTrouble }) => [[diskTrouble === null ? 0 : 1]]);
  gauge(names.controlConnected, "1 while the control plane answers", ({ isConnected }) => [[isConnected ? 1 : 0]]);
}

function sharesOf({ current, candidate }: RunningPackages): readonly [number, Attributes][] {
  const running = [
    { id: current.id, role: "current", share: 1 - (candidate?.share ?? 0) },
    ...(candidate === null ? [] : [{ id: candidate.package.id, role: "candidate", share: candidate.share }]),
  ];
  return running.flatMap(({ id, role, share }) => (id === null ? [] : [[share, { package: packageName(id), role }] as [number, Attributes]]));
}

import { vaultMetricNames as names } from "../../kernel/metric-names.ts";
import { metricsText } from "../http/metrics-text.ts";
import type { Vault, VaultDisk } from "./core/vault.ts";

/** What a person wants the rate of, from the start. */
const foreseen = ["lease"] as const;

/** Accesses in the audit log since the process began. */
export class VaultCounts {
  readonly #counts = new Map<string, { readonly action: string; readonly result: string; count: number }>();

  constructor() {
    for (const action of foreseen) this.#count(action, "ok", 0);
  }

  get all(): readonly { readonly action: string; readonly result: string; readonly count: number }[] {
    return [...this.#counts.values()];
  }

  /** The same disk, whose audit entries are counted once they are kept. */
  counting(disk: VaultDisk): VaultDisk {
    const appendAudit: VaultDisk["appendAudit"] = (entry) => {
      disk.appendAudit(entry);
      this.#count(entry.action, entry.result, 1);
    };
    return { ...disk, appendAudit };
  }

  #count(action: string, result: string, added: number): void {
    const key = `${action}\u001f${result}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { action, result, count: added });
    else known.count += added;
  }
}

/** The vault's state and counts, in Prometheus' text format: no name of a secret, and nothing of a value. */
export function vaultMetrics(vault: Vault, counts: VaultCounts): string {
  const { region, sealed, secrets } = vault.status();
  return metricsText([
    { name: names.sealed, type: "gauge", samples: [[{ region }, sealed ? 1 : 0]] },
    { name: names.secrets, type: "gauge", samples: [[{ region }, secrets.length]] },
    { name: names.accesses, type: "counter", samples: counts.all.map(({ action, result, count }) => [{ region, action, result }, count]) },
  ]);
}

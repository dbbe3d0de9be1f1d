import { createHash } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import type { ControlFile } from "./config.ts";
import { openDisk } from "./disk.ts";
import { runEvalGates } from "./eval-gate.ts";
import { runIdentityCanary } from "./identity-canary.ts";
import { checkByLoader } from "./loader.ts";
import type { ControlCounts } from "./metrics.ts";
import { openReceiptKeys } from "./receipt-keys.ts";
import { Region } from "./region.ts";

interface RegionOptions {
  readonly clock: Clock;
  readonly log: (event: object) => void;
  readonly counts: ControlCounts;
  readonly folderKey: string;
}

/**
 * The control plane of a region on its folder, with the data plane's own program as loader and canary. Throws
 * `LabError` where the folder's journal or key cannot be used.
 */
export function openRegion(file: ControlFile, { clock, log, counts, folderKey }: RegionOptions): Region {
  const { folder, region, receiptFrom, canary: settings, evals: gates, plane } = file;
  const closing = new AbortController();
  const { signal } = closing;
  return new Region(file, {
    clock,
    log,
    disk: counts.counting(openDisk(folder, region)),
    keys: openReceiptKeys(folder, folderKey, receiptFrom?.publicKey ?? null),
    createHash,
    effects: {
      check: (config) => checkByLoader({ ...plane, ...config }, signal),
      identify: settings === null ? null : (config, identities) => runIdentityCanary(config, { settings, plane, identities, signal }),
      evaluate: (active, candidate, keep) => runEvalGates(active, candidate, { gates, plane, signal, keep }),
      stop: () => closing.abort(),
    },
  });
}

import { createHash, randomUUID } from "node:crypto";
import { seededRng } from "../../kernel/rng.ts";
import type { Clock, ConfigSource, EventSink, Secrets } from "../../kernel/seams.ts";
import { Canceller } from "../../kernel/signal.ts";
import { feedClient } from "../config/feed-client.ts";
import { checkPackage } from "../config/package.ts";
import type { GatewayConfig } from "../core/config.ts";
import type { GatewayEvent } from "../core/events.ts";
import { PackageEvidence } from "../core/packages/evidence.ts";
import { PackageFollower } from "../core/packages/follower.ts";
import type { LoadedPackage, RunningPackages } from "../core/packages/running.ts";
import type { FileConfigSource } from "./config-source.ts";
import { packageFolder } from "./package-folder.ts";
import { readPriceList } from "./price-list.ts";
import { packageLogRecord } from "./telemetry/log.ts";
import { PackageAnswers, type PackagesView } from "./telemetry/package-metrics.ts";
import { UndiciTransport } from "./transport.ts";

export interface DataPlaneOptions {
  readonly source: FileConfigSource;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly writeLine: (line: string) => void;
  /** Makes ready what a package needs. */
  readonly prepare: (loaded: LoadedPackage) => Promise<void>;
}

/** A gateway's process under a control plane. */
export interface DataPlane {
  readonly packages: ConfigSource<RunningPackages>;
  /** The configuration of the current package, for what knows one only. */
  readonly config: ConfigSource<GatewayConfig>;
  /** Counts what it is to report. */
  readonly events: (inner: EventSink<GatewayEvent>) => EventSink<GatewayEvent>;
  state(): object;
  view(): PackagesView;
  /** Begins to follow the control plane. */
  follow(): void;
  close(): Promise<void>;
}

/** Null: the file names no control plane. Otherwise with the last good package of its folder. */
export async function openDataPlane({ source, clock, secrets, writeLine, prepare }: DataPlaneOptions): Promise<DataPlane | null> {
  const { control, runtimes, store, vault, region } = source.process;
  if (control === null) return null;
  const transport = new UndiciTransport(() => control.timeoutMs);
  const answers = new PackageAnswers();
  const evidence = new PackageEvidence(() => clock.wallMs());
  const listPrices = readPriceList();
  const check = (offered: unknown) => {
    const checked = checkPackage(offered, { region, store, runtimes, listPrices, ...(vault !== null && { vault }) }, createHash);
    if ("reason" in checked) return checked;
    const { version, hash } = checked.ok.package;
    return { ok: { id: { version, hash }, config: checked.ok.config } };
  };
  const follower = new PackageFollower(source.current(), {
    clock,
    rng: seededRng(randomUUID()),
    control: feedClient(control, { transport, clock, key: (signal) => secrets.read(control.key, signal), boot: randomUUID() }),
    disk: packageFolder(control.folder),
    check,
    prepare,
    evidence: () => evidence.counts(),
    emit: (event) => {
      answers.record(event);
      writeLine(JSON.stringify(packageLogRecord(event, clock.wallMs())));
    },
  });
  await follower.start();
  source.onChange((next) => follower.replaceOwn(next));
  const ending = new Canceller();
  let following: Promise<void> = Promise.resolve();
  return {
    packages: follower,
    config: { current: () => follower.current().current.config, onChange: (listener) => follower.onChange(({ current }) => listener(current.config)) },
    events: (inner) => ({
      emit: (event) => {
        evidence.record(event);
        inner.emit(event);
      },
    }),
    state: () => ({ ...follower.state(), isConnected: follower.isConnected }),
    view: () => ({ running: follower.current(), diskTrouble: follower.state().diskTrouble, isConnected: follower.isConnected, answers: answers.counts }),
    follow: () => void (following = follower.follow(ending.signal)),
    close: async () => {
      ending.cancel("The gateway ends");
      await transport.close();
      await following;
    },
  };
}

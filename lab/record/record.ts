import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { allowedTarget, pinsOf, readAllowList } from "../targets/loopback.ts";
import { BoundedList } from "./core/bounded-list.ts";
import type { ErrorBody, Exchange } from "./core/exchange.ts";
import { profileOf } from "./core/profile.ts";
import { recordedIncident } from "./incident.ts";
import { checkProfileOut, profileSchemaName, writeProfile, type ProfileFile } from "./profile-file.ts";
import { startProxy } from "./proxy.ts";

export interface RecordOptions {
  readonly upstream: string;
  readonly listen: number;
  readonly out: string;
  readonly allowTargets: string | null;
  /** Null: until the signal. */
  readonly forMs: number | null;
  readonly signal: AbortSignal;
  onReady(url: string): void;
}

/** More are passed on and counted, and not recorded: memory is limited. */
const exchangesMax = 500_000;
const errorsMax = 20_000;

/**
 * Proxies a provider until the time is over or the signal comes, then writes what was recorded. Rejects with LabError:
 * those of `allowedTarget`, `checkProfileOut` and `startProxy`.
 */
export async function record(options: RecordOptions): Promise<ProfileFile> {
  const { listen, out, forMs, signal } = options;
  const allowed = options.allowTargets === null ? [] : readAllowList(options.allowTargets);
  const target = await allowedTarget(options.upstream, allowed);
  const upstream = new URL(target.url);
  checkProfileOut(out);
  const exchanges = new BoundedList<Exchange>(exchangesMax);
  const errors = new BoundedList<ErrorBody>(errorsMax);
  const startMs = Date.now();
  const proxy = await startProxy(upstream, listen, {
    onExchange: (exchange, error) => {
      exchanges.push(exchange);
      if (error !== null) errors.push(error);
    },
    // Requests that ask for no answer (GET) are passed on; a profile has no use for them.
    onOther: () => {},
  }, { pins: pinsOf([target]) });
  try {
    options.onReady(proxy.url);
    await over(forMs, signal);
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
  const profile = profileFile(upstream, { exchanges, errors, startMs, endMs: Date.now(), file: path.basename(out) });
  writeProfile(out, profile);
  return profile;
}

/** The longest that a timer holds. */
const sleepMsMax = 2 ** 31 - 1;

async function over(forMs: number | null, signal: AbortSignal): Promise<void> {
  // Rejects only when the signal aborts: the recording ends either way.
  await sleep(Math.min(forMs ?? sleepMsMax, sleepMsMax), null, { signal }).catch(() => {});
}

interface Recording {
  readonly exchanges: BoundedList<Exchange>;
  readonly errors: BoundedList<ErrorBody>;
  readonly startMs: number;
  readonly endMs: number;
  readonly file: string;
}

function profileFile(upstream: URL, { exchanges, errors, startMs, endMs, file }: Recording): ProfileFile {
  const profile = profileOf(exchanges.items, errors.items, endMs - startMs);
  const provider = upstream.hostname.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return { schema: profileSchemaName, upstream: upstream.origin, recordedAt: new Date(startMs).toISOString(), ...profile, notRecorded: exchanges.left, incident: recordedIncident(profile, { provider, startMs, file }) };
}

import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { TransportError, type Handler } from "../../kernel/transport.ts";
import { createSimulator } from "../../simulators/core/simulator.ts";
import { providerDialects } from "../../simulators/dialects/dialects.ts";
import { phaseChecks, type PhaseChecks } from "../incidents/core/checks.ts";
import { driveTrials, type Way } from "../incidents/core/driver.ts";
import type { Subject } from "../incidents/core/subject.ts";
import { trialsOf } from "../incidents/core/trials.ts";
import { simulatorsOf } from "../incidents/core/world.ts";

export interface VirtualVerifyOptions {
  readonly seed: number;
  readonly z: number;
  /** What the simulators play instead of the subject's own phases, to prove that a deviation is found. */
  readonly played?: readonly PlannedPhase[];
}

/**
 * Plays one incident on simulators of its own, on the virtual clock, and says what both taps showed of each phase. The
 * same seed gives the same checks.
 */
export async function verifyVirtually(subject: Subject, options: VirtualVerifyOptions): Promise<readonly PhaseChecks[]> {
  const { seed, z, played = subject.phases } = options;
  const clock = new VirtualClock();
  const wire: WireRecord[] = [];
  const handlers = new Map<string, Handler>();
  for (const config of simulatorsOf({ ...subject, phases: played }, seed)) {
    const dialect = providerDialects[config.deployment.dialect];
    handlers.set(originOf(config.deployment.name), createSimulator({ clock, config, dialect, tap: { emit: (record) => void wire.push(record) } }).handle);
  }
  const urls = new Map(subject.populations.map(({ deployment: { name } }) => [name, originOf(name)]));
  const trials = trialsOf(subject, seed, z, 0);
  const driving = driveTrials({ clock, subject, trials, urls, way: straightTo(handlers) });
  await clock.run();
  return phaseChecks({ subject, seen: await driving, wire, z, allowanceMs: 0 });
}

const originOf = (deployment: string) => `http://${deployment}`;

/** No network: requests go from the driver into the simulator's hands. */
function straightTo(handlers: ReadonlyMap<string, Handler>): Way {
  return {
    open: ({ method, url, headers, body }, newConnection, signal) => {
      const [, origin = "", path = ""] = /^(https?:\/\/[^/]+)(.*)$/.exec(url) ?? [];
      const handle = handlers.get(origin);
      if (handle === undefined) return Promise.reject(new TransportError("refused", origin));
      return handle({ method, path, headers, body, onConnection: newConnection ? 0 : 1 }, signal);
    },
  };
}

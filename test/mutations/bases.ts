import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { neverSignal } from "../../kernel/signal.ts";
import { playResolved } from "../../lab/conductor/virtual/play.ts";
import { writeRun } from "../../lab/conductor/virtual/write-run.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";

/** Two teams on a failover pair, some 250 requests. */
const scenarioOf = (name: string, rest: string, { measure = "", primary = "" } = {}) => `
name: ${name}
title: A base of the mutation test
seed: 5
timeline: { warmupMs: 1000, steadyMs: 8000, recoveryMs: 12000 }
workload:
  requestsPerSecond: 8
  streamShare: 0.6
  prompts: { distinct: 40, zipf: 0.8 }
  maxTokens: { median: 10, sigma: 0.2, min: 8, max: 14 }
  cells:
    - { team: support, feature: chat, route: assistant, slo: { firstTokenMs: 8000, totalMs: 20000 } }
    - { team: sales, feature: draft, route: assistant, slo: { firstTokenMs: 8000, totalMs: 20000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini${primary} }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
measure: { windowMs: 5000, requestsMin: 5, badShareMax: 0.1, recovery: { holdMs: 5000, badShareMax: 0.1 }${measure} }
${rest}
`;

const limits = `
expectations:
  - { measure: blastRadius, atMost: 0.2 }
  - { measure: badWindowShare, atMost: 0.3 }
  - { measure: silentShare, atMost: 0 }
  - { measure: wrongAnswers, atMost: 0 }
  - { measure: amplification, atMost: 2 }
`;

const outage = (errorRate: number) => `
faults:
  - { kind: outage, name: down, deployments: [primary], phases: [{ lengthMs: 10000, errorRate: ${errorRate} }] }
  - { kind: toxic, deployment: primary, toxic: latency, attributes: { latency: 200 }, fromMs: 2000, lengthMs: 5000 }`;

const pair = "routes: [{ name: assistant, deployments: [primary, fallback] }]";
const alone = "routes: [{ name: assistant, deployments: [primary] }]";
const plain = "name: plain\ntitle: The gateway with its defaults\n";

interface BaseText {
  readonly scenario: string;
  readonly stack: string;
}

/** By how each ends. */
const texts = {
  held: { scenario: scenarioOf("held", `${pair}${outage(0.5)}${limits}`), stack: plain },
  deviated: { scenario: scenarioOf("deviated", `${alone}${outage(0.8)}${limits}`), stack: plain },
  /** A cache, wrong answers, and a paired control. */
  wrong: {
    scenario: scenarioOf("wrong", `${pair}\nfaults: [{ kind: defect, defect: mix_up, share: 0.4, lengthMs: 10000 }]${limits}`, { measure: ", control: paired" }),
    stack: `${plain}gateway: { cache: {} }\n`,
  },
  /** The provider's quota is used up for the minute. */
  unrecovered: { scenario: scenarioOf("unrecovered", `${alone}${outage(0.5)}${limits}`, { primary: ", limits: { requestsPerMinute: 110 }" }), stack: plain },
} satisfies Readonly<Record<string, BaseText>>;

export type BaseName = keyof typeof texts;
export const baseNames = Object.keys(texts) as BaseName[];

/** Plays a base on the virtual clock and returns its run directory, below the system's temporary directory. */
export async function makeBase(name: BaseName): Promise<string> {
  const root = mkdtempSync(path.join(tmpdir(), `blastlab-mutations-${name}-`));
  const files = { scenario: path.join(root, `${name}.yaml`), stack: path.join(root, "plain.yaml") };
  writeFileSync(files.scenario, texts[name].scenario);
  writeFileSync(files.stack, texts[name].stack);
  const run = await playResolved(resolveRun({ ...files, sets: [] }), { onProgress: () => {}, signal: neverSignal });
  const directory = path.join(root, "run");
  await writeRun(directory, run);
  return directory;
}

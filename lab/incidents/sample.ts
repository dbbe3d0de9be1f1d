import { gamma, logNormal, seededRng, type Rng } from "../../kernel/rng.ts";
import type { Incident, IncidentPhase } from "../../scenarios/incident.ts";
import { incidentFigures, severities, type IncidentFigures, type SampledProvider } from "./sample-figures.ts";

const msPerHour = 3_600_000;
const minutesMin = 3;
/** The longest incident of the histories that was no policy decision: five days. */
const minutesMax = 7_200;

/**
 * Ordinary incidents of a provider over some days, by the published distributions. The same options give the same
 * incidents.
 */
export function sampleIncidents(options: { provider: SampledProvider; days: number; seed: number; from: string }): readonly Incident[] {
  const { provider, days, seed, from } = options;
  const figures = incidentFigures[provider];
  const rng = seededRng(seed, `incidents/${provider}`);
  const fromMs = Date.parse(from);
  const starts = startsOf(figures, rng.fork("starts"), fromMs, fromMs + days * 24 * msPerHour);
  return oneAMinute(starts).map((startMs, index) => sampled(provider, figures, startMs, rng.fork(`${index}`)));
}

/**
 * Gamma gaps in a time that runs fast when incidents are likely (weekdays, afternoons UTC) and slow when they are not;
 * over a week it keeps pace with the clock, so that the mean gap stays. The first gap begins at a moment like any other
 * (Cox, Renewal Theory, 1962).
 */
function startsOf(figures: IncidentFigures, rng: Rng, fromMs: number, toMs: number): readonly number[] {
  const shape = 1 / figures.gapCv ** 2;
  const starts: number[] = [];
  let left = rng.next() * gamma(rng, shape + 1, (figures.gapHoursMean * (shape + 1)) / shape);
  for (let hourMs = fromMs; hourMs < toMs; hourMs += msPerHour) {
    const pace = paceAt(figures, hourMs);
    let usedHours = 0;
    while (left <= pace * (1 - usedHours)) {
      usedHours += left / pace;
      const startMs = hourMs + usedHours * msPerHour;
      if (startMs < toMs) starts.push(startMs);
      left = Math.max(1e-6, gamma(rng, shape, figures.gapHoursMean));
    }
    left -= pace * (1 - usedHours);
  }
  return starts;
}

/** Incidents are identified by the minute in which they begin. Of two in one minute only the first is kept. */
function oneAMinute(starts: readonly number[]): readonly number[] {
  return starts.filter((startMs, index) => index === 0 || minute(startMs) !== minute(starts[index - 1]!));
}

/** How likely an incident is to begin in this hour, times the mean hour. */
function paceAt({ weekdayShares, afternoonShare }: IncidentFigures, hourMs: number): number {
  const date = new Date(hourMs);
  const weekday = weekdayShares[(date.getUTCDay() + 6) % 7]! * 7;
  const hour = date.getUTCHours();
  return weekday * (hour >= 13 && hour < 21 ? afternoonShare * 3 : (1 - afternoonShare) * 1.5);
}

const minute = (atMs: number) => `${new Date(Math.floor(atMs / 60_000) * 60_000).toISOString().slice(0, 16)}:00Z`;
const rounded = (value: number, digits = 3) => Number(value.toFixed(digits));

function sampled(provider: SampledProvider, figures: IncidentFigures, startMs: number, rng: Rng): Incident {
  const durationMin = Math.round(Math.min(minutesMax, Math.max(minutesMin, logNormal(rng.fork("duration"), Math.exp(figures.durationMu), figures.durationSigma))));
  const severity = severityOf(rng.fork("severity").next());
  const levels = rng.fork("levels");
  const errorRate = rounded(severity.errorRateMin + (severity.errorRateMax - severity.errorRateMin) * levels.next());
  const latencyFactor = rounded(1 + (severity.latencyFactorMax - 1) * levels.next(), 2);
  const fixedMin = rounded(durationMin * figures.untilFixedShare, 1);
  const start = minute(startMs);
  return {
    id: `sampled-${provider}-${start.slice(0, 16).toLowerCase().replace(/[:t]/g, "-")}`,
    provider,
    scope: "an ordinary incident, drawn",
    start,
    end: minute(Date.parse(start) + durationMin * 60_000),
    durationMin,
    shape: "step+tail",
    selectivity: "uniform",
    target: { providers: [provider], surfaces: ["api"], note: "drawn, not observed", basis: { providers: "estimated", surfaces: "estimated" } },
    phases: [
      phaseOf({ offsetMin: 0, lengthMin: fixedMin, errorRate, latencyFactor, statusMix: figures.statusMix, note: `${severity.name}, until a fix is in` }),
      phaseOf({ offsetMin: fixedMin, lengthMin: rounded(durationMin - fixedMin, 1), errorRate: rounded(errorRate / 10, 4), latencyFactor: 1, statusMix: figures.statusMix, note: "watched" }),
    ],
    cause: "not drawn",
    causeClass: "unknown",
    clientSymptoms: `${severity.name}: a share of the requests fails`,
    recovery: "by itself",
    severity: severity.name,
    sources: [...figures.sources],
    confidence: { timing: "estimated", scope: "estimated", cause: "estimated", clientSymptoms: "estimated", severity: "estimated", phases: "see phases[].basis" },
  };
}

function severityOf(unit: number): (typeof severities)[number] {
  let rest = unit;
  return severities.find(({ share }) => (rest -= share) < 0) ?? severities[0];
}

function phaseOf(fields: Pick<IncidentPhase, "offsetMin" | "lengthMin" | "errorRate" | "latencyFactor" | "note"> & { statusMix: Readonly<Record<string, number>> }): IncidentPhase {
  const guessed = ["window", "errorRate", "statusMix", "latencyFactor", "streamTruncationRate", "wrongOutputRate"];
  return {
    ...fields,
    statusMix: { ...fields.statusMix },
    streamTruncationRate: 0,
    wrongOutputRate: 0,
    basis: Object.fromEntries(guessed.map((field) => [field, "estimated"])),
  };
}

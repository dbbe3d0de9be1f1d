import type { PlannedAction } from "./action.ts";
import type { LoadFacts } from "./capacity.ts";
import type { LoadSource } from "./load-source.ts";
import type { Fault } from "./fault.ts";
import type { FailureKind } from "./outcome.ts";
import type { Usage } from "./chat.ts";
import type { ClientEnd, WireFate } from "./request-ends.ts";
import type { EffectKind } from "./effects.ts";

/**
 * The taps: NDJSON, one header, records numbered from 0, one trailer. The sha256 is over every byte before the
 * trailer's line. A tap without its trailer, or whose count or sum is off, makes the verdict `unknown`. All times are
 * ms since the header's epoch.
 */
export type TapName = "client" | "wire" | "canary" | "counted" | "faults" | "actions" | "notes" | "hand";

export interface TapHeader {
  readonly type: "header";
  readonly schema: "blastlab.tap/1";
  readonly tap: TapName;
  /** Which program wrote it: a load source (kernel/load-source.ts), a deployment's name, `observer`, `conductor`. */
  readonly source: string;
  readonly run: string;
  readonly seed: number;
  /** Unix ms of the timeline's zero. */
  readonly epochMs: number;
}

export interface TapTrailer {
  readonly type: "trailer";
  readonly count: number;
  readonly sha256: string;
}

/** A tap's record on disk: the record with its type and number. */
export type TapLine<R> = { readonly type: "record"; readonly sequence: number } & R;

/** An attempt of a client that was not its last. */
export interface EarlierAttempt {
  readonly sentMs: number;
  readonly endMs: number;
  readonly end: ClientEnd;
  readonly status: number | null;
}

/**
 * One request as its client saw it, from its intended send time. Of a client that retries: its first send, and what
 * came of its last attempt.
 */
export interface ClientRecord {
  readonly requestId: string;
  /** Index in the arrivals file. */
  readonly arrival: number;
  readonly team: string;
  readonly feature: string;
  readonly region: string;
  readonly route: string;
  readonly stream: boolean;
  readonly intendedMs: number;
  /** Null: never sent (dropped by the load generator). */
  readonly sentMs: number | null;
  /** When the answer's status and headers had come. Null: they never came, or the tap is older than this field. */
  readonly firstByteMs: number | null;
  readonly firstTokenMs: number | null;
  /** The longest pause between two pieces of content of a stream. Null: there were fewer than two. */
  readonly gapMsMax: number | null;
  readonly endMs: number;
  readonly end: ClientEnd | "dropped";
  readonly status: number | null;
  /** A stream's `[DONE]` was seen; for a JSON answer: the body parsed. */
  readonly terminal: boolean;
  readonly finishReason: string | null;
  /** `error.code` of an error body, or of an in-band error event. */
  readonly errorCode: string | null;
  /** Of the first answer of each status of 400 or more and `errorCode`: its body, cut, without secrets. */
  readonly errorBody?: string | undefined;
  /** The answer's text as delivered. */
  readonly text: string;
  /** `model` of the answer. */
  readonly model: string | null;
  /** What the system says answered: `x-blastlab-deployment`; null where a system does not say. */
  readonly claimedDeployment: string | null;
  /**
   * The configuration that the answer names, `version@hash`, with version 0 for the gateway's own file:
   * `x-blastlab-package`. Absent: it names none.
   */
  readonly package?: string | undefined;
  /** The gateway that an edge says answered: `x-blastlab-replica`. Absent: there is no edge. */
  readonly replica?: string | undefined;
  /**
   * The provider whose answer came past every gateway: `x-blastlab-bypass`. Absent: it came from a gateway, or none
   * came.
   */
  readonly bypass?: string | undefined;
  readonly usage: Usage | null;
  /** Of a client that holds several entries: the one that answered; absent: none did. */
  readonly entry?: string | undefined;
  /** Entries that it tried in vain, each with the reason: `http://127.0.0.1:9000 refused`. */
  readonly tried?: readonly string[] | undefined;
  /** Of a client that retried: the attempts before its last, in order. Absent: there were none. */
  readonly earlierAttempts?: readonly EarlierAttempt[] | undefined;
  /** Of a client that retried: when it sent its last attempt. */
  readonly lastSentMs?: number | undefined;
}

/** One attempt as the provider saw it. */
export interface WireRecord {
  readonly deployment: string;
  /** The plan's link by which it came; absent where the provider cannot know. */
  readonly link?: string | undefined;
  readonly requestId: string;
  /** From the header, or, where it was not forwarded, a digest of the body. */
  readonly identity: "header" | "digest";
  /** How many-th arrival of that request id at this deployment, from 0. */
  readonly ordinal: number;
  readonly arrivedMs: number;
  readonly endedMs: number;
  /** The fault of the plan that was in force here at its arrival and hit it, and its phase; null and -1 when none. */
  readonly incident: string | null;
  readonly phase: number;
  /** What was decided for it at arrival. */
  readonly fate: WireFate;
  /** What spoiled the bytes of an answer. */
  readonly effect?: EffectKind | undefined;
  readonly status: number | null;
  readonly stream: boolean;
  /** Null unless an answer was begun. */
  readonly answerId: string | null;
  /** Model that the answer claims. */
  readonly model: string;
  readonly digest: string | null;
  readonly inputTokens: number;
  /** Of the input, what came out of the provider's own prompt cache. Absent: nothing. */
  readonly cachedTokens?: number;
  readonly tokensGenerated: number;
  readonly tokensSent: number;
  /** What the deployment's own capacity and limits did to it; absent where they did nothing, or it has none. */
  readonly load?: LoadFacts;
  /** How it ended: all sent, the provider broke it, or the caller left. */
  readonly end: "sent" | "broken" | "caller_gone";
}

/** One of the observer's own probes. */
export interface CanaryRecord {
  readonly probe: string;
  readonly route: string;
  /** The entry that it was sent to; absent: there is only one. */
  readonly entry?: string | undefined;
  readonly sentMs: number;
  readonly endMs: number;
  readonly status: number | null;
  readonly ok: boolean;
  readonly failure: FailureKind | null;
  readonly detail: string;
}

/** What the system under test said of itself at one moment: counters since its start. */
export interface CountedRecord {
  readonly atMs: number;
  /** Null: it could not be read (a dark dashboard). */
  readonly requestsTotal: number | null;
  readonly failuresTotal: number | null;
  readonly attemptsTotal: number | null;
  readonly openBreakers: readonly string[];
  /** US dollars by team. Absent: it could not be read, or the system does not count it. */
  readonly costUsd?: Readonly<Record<string, number>>;
  /** False: it could be read, and has none of the counters that the lab knows. Absent: it has. */
  readonly shown?: false;
}

/** A fault as it was really injected and lifted. */
export interface FaultRecord {
  readonly fault: string;
  readonly action: "injected" | "lifted" | "failed";
  readonly plannedMs: number;
  /** When the conductor began to act. Absent in taps that are older than this field. */
  readonly begunMs?: number | undefined;
  /** When it was in effect: a process serves again. */
  readonly atMs: number;
  readonly detail: string;
}

/** A step of the operator as it was really taken. */
export interface ActionRecord {
  readonly action: string;
  readonly outcome: "done" | "failed" | "not_possible";
  readonly plannedMs: number;
  readonly begunMs: number;
  /** When it was in effect, or had failed. */
  readonly atMs: number;
  /** Its title, or why it could not be. */
  readonly detail: string;
}

/**
 * What a person did from the live page while the run went on. A fault is as it is meant to be when it is injected; when
 * it was lifted is in the tap of the faults. What became of a step is in the tap of the actions.
 */
export type HandRecord = { readonly fault: Fault } | { readonly step: PlannedAction };

/** What a person wrote down while the run went on. No measure reads it. */
export interface NoteRecord {
  readonly atMs: number;
  readonly text: string;
}

/** Everything that was recorded of a run: the only input of the verdict besides the plan. */
export interface RunRecords {
  /** What offered the load and what timed it; null where the client tap has no header. */
  readonly loadSource: LoadSource | null;
  readonly client: readonly ClientRecord[];
  readonly wire: readonly WireRecord[];
  readonly canary: readonly CanaryRecord[];
  readonly counted: readonly CountedRecord[];
  readonly faults: readonly FaultRecord[];
  /** Absent: the plan has none. */
  readonly actions?: readonly ActionRecord[] | undefined;
  /** Absent: the run had no live page. */
  readonly notes?: readonly NoteRecord[] | undefined;
  /** Absent: the run had no live page. */
  readonly hand?: readonly HandRecord[] | undefined;
  /** Taps that are missing, cut or damaged: any makes the verdict `unknown`. */
  readonly tapFaults: readonly string[];
}

/** `end.json`: how the conductor ended the run. A directory without it was never closed: its verdict is `unknown`. */
export interface RunEnd {
  readonly reason: "completed" | "interrupted" | "failed" | "stopped";
  /** Empty for a run that completed. */
  readonly message: string;
  /** On the run's timeline. */
  readonly atMs: number;
  /** Of a run that was stopped: the condition that tripped, and when. */
  readonly stop?: RunStop | undefined;
  /** What went wrong with injecting and lifting, one clause each: any makes the verdict `unknown`. */
  readonly troubles: readonly string[];
  /** Faults that could not be lifted when the run ended: any makes the verdict `unknown`. */
  readonly stillInForce: readonly StillInForce[];
  /** Ends of the system's own processes that no fault ordered. */
  readonly componentExits: readonly ComponentExit[];
}

/** A stop condition that tripped: from `atMs` on no fault was in force. */
export interface RunStop {
  readonly atMs: number;
  /** `badShare was 0.62 of the last 10 s, above 0.5` */
  readonly condition: string;
}

/** `end.json` as it is on disk. */
export interface RunEndFile extends RunEnd {
  /**
   * sha256 of each file that the verdict rests on, by its path in the directory, when the run was closed: what was
   * altered later is found. Empty for a run that failed.
   */
  readonly sums: Readonly<Record<string, string>>;
}

/** A process of the system under test that ended by itself. */
export interface ComponentExit {
  /** Id of the plan. */
  readonly component: string;
  readonly atMs: number;
  /** `exit code 134`, `SIGSEGV` */
  readonly how: string;
}

/** A fault that could not be undone, or a process that did not end. */
export interface StillInForce {
  /** Of the fault, or of the process. */
  readonly id: string;
  /** `toxic "brownout" on proxy "primary"` */
  readonly description: string;
  readonly reason: string;
}

/** One line a second of the observer's stdout: counts since the run's start, as the taps show them so far. */
export interface LiveLine {
  /** On the run's timeline. */
  readonly atMs: number;
  /** Requests whose time to be sent has come: the load is open-loop. */
  readonly sent: number;
  readonly done: number;
  readonly bad: number;
  readonly badByCause: Readonly<Record<string, number>>;
  /** Of the requests of the last window; null while there are none. */
  readonly windowBadShare: number | null;
  readonly perDeployment: Readonly<Record<string, { readonly attempts: number; readonly failures: number }>>;
  /** First burn-rate alarm of the observer; null: none yet. */
  readonly firstAlarmMs: number | null;
  /** Failures that the gateway's own metrics admit to; null: they cannot be read. */
  readonly gatewayCountedFailures: number | null;
  /** The steps of the run that have changed since the line before. Absent in lines that are older than this field. */
  readonly steps?: readonly LiveStep[] | undefined;
}

/** One step of a run so far: requests by their intended send, attempts by their arrival at the provider. */
export interface LiveStep {
  readonly index: number;
  readonly offered: number;
  readonly good: number;
  readonly bad: number;
  /** Bad, and delivered as a success. */
  readonly silent: number;
  /** Null: no first token in that step, or none so far. */
  readonly firstTokenMsP50: number | null;
  readonly firstTokenMsP95: number | null;
  readonly attempts: Readonly<Record<string, number>>;
  /** By cell; those that were offered nothing are left out. */
  readonly cells: Readonly<Record<string, { readonly offered: number; readonly bad: number }>>;
}

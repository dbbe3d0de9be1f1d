import type { ChatRequest } from "../../../kernel/chat.ts";
import type { Clock, Transport } from "../../../kernel/seams.ts";
import { Cancelled } from "../../../kernel/signal.ts";
import type { Call, Reply, Stage } from "../call.ts";
import { findPii, findPiiInSlices, Placeholders, placeholdersIn, type PiiMatch } from "../guards/pii.ts";
import type { Finding } from "../guards/injection.ts";
import { inspectorOf } from "../guards/inspector.ts";
import { mapTexts, textsOf } from "../guards/request-texts.ts";
import { RestoreFilter } from "../guards/restore-filter.ts";
import type { InjectionConfig, PiiConfig, PiiKind } from "../guards/settings.ts";
import { SLICE_CHARACTERS } from "../guards/slices.ts";
import { hasUnreadable, isLongSource, outsideTextsOfSource, readLongSource } from "../guards/source-texts.ts";
import { addGuardReport, type GuardReport } from "../guards/report.ts";
import { filterAnswer } from "../guards/answer-filter.ts";
import { type Pause, pausesOf } from "../pause.ts";
import { rejected } from "../replies.ts";

/** A guard whose long requests are read in pieces before. */
function readBefore(clock: Clock, guard: Stage): Stage {
  return (next) => {
    const handle = guard(next);
    return (call) => {
      const { source } = call.chat;
      if (source === undefined || !isLongSource(source)) return handle(call);
      return readLongSource(source, pausesOf(clock, call.signal)).then(() => handle(call));
    };
  };
}

/** Refuses requests with what no guard can read. */
export function unreadableGuard({ clock }: { clock: Clock }): Stage {
  return readBefore(clock, refuseUnreadable);
}

const refuseUnreadable: Stage = (next) => (call) => {
  const { source, messages } = call.chat;
  const isUnreadable = source === undefined ? messages.some(({ parts }) => parts?.some(({ type }) => type === "image") === true) : hasUnreadable(source);
  if (!isUnreadable) return next(call);
  const message = "The request holds an image, a sound or a file, which this gateway's guards cannot read ('guards.images' is 'refuse')";
  return rejected("guard", { status: 400, type: "invalid_request_error", code: "unreadable_content", message });
};

/**
 * Replaces personal data in the request before anything else reads it, and, where the policy says so, restores it in
 * the caller's answer.
 */
export function piiGuard(settings: PiiConfig, { clock }: { clock: Clock }): Stage {
  const { kinds } = settings;
  return readBefore(clock, (next) => {
    const scrub = async (call: Call, texts: readonly string[], { matchesIn, pause }: Search): Promise<Reply> => {
      const placeholders = new Placeholders(await placeholdersIn(texts, pause));
      const scrubbed = await mapTexts(call.chat, (text, isJson) => placeholders.scrub(text, matchesIn(text), isJson), pause);
      addGuardReport(call.reports, { guard: "pii", action: "scrubbed", detail: placeholders.summary });
      call.replaceChat(scrubbed);
      const reply = await next(call);
      if (reply.kind === "error" || !settings.restore) return reply;
      return { ...reply, events: filterAnswer(reply.events, () => new RestoreFilter(placeholders)) };
    };
    const pass = (call: Call, texts: readonly string[], search: Search) => (texts.some((text) => search.matchesIn(text).length > 0) ? scrub(call, texts, search) : next(call));
    const passLong = async (call: Call, texts: readonly string[]): Promise<Reply> => {
      const pause = pausesOf(clock, call.signal);
      const found = await findInSlices([...texts, ...translatedTexts(call.chat)], kinds, pause);
      return pass(call, texts, { matchesIn: (text) => found.get(text) ?? findPii(text, kinds), pause });
    };
    return (call) => {
      const texts = textsOf(call.chat);
      const length = lengthOf(texts);
      if (length > settings.charactersMax) return failed(call, "pii", settings.onFailure, `more than ${settings.charactersMax} characters`) ?? next(call);
      return length > SLICE_CHARACTERS ? passLong(call, texts) : pass(call, texts, { matchesIn: (text) => findPii(text, kinds), pause: pausesOf(clock, call.signal) });
    };
  });
}

interface Search {
  readonly matchesIn: (text: string) => readonly PiiMatch[];
  readonly pause: Pause;
}

/** What the vocabulary has of a request that came in its own words: a message of several texts is one text there. */
function translatedTexts({ source, ...request }: ChatRequest): readonly string[] {
  return source === undefined ? [] : textsOf(request);
}

/** Of each text what `findPii` finds in it. */
async function findInSlices(texts: readonly string[], kinds: readonly PiiKind[], pause: Pause): Promise<ReadonlyMap<string, readonly PiiMatch[]>> {
  const found = new Map<string, readonly PiiMatch[]>();
  for (const text of texts) {
    if (found.has(text)) continue;
    found.set(text, await findPiiInSlices(text, kinds, pause));
    await pause();
  }
  return found;
}

/**
 * Refuses or flags requests that try to override the model's instructions. Reads what users and tools wrote, not the
 * application's own prompts.
 */
export function injectionGuard(settings: InjectionConfig, seams: { clock: Clock; transport: Transport }): Stage {
  const inspector = inspectorOf(settings.inspector, seams);
  return readBefore(seams.clock, (next) => {
    const judge = (call: Call, finding: Finding) => judged(call, finding, settings) ?? next(call);
    const judgeLater = async (call: Call, inspecting: Promise<Finding>): Promise<Reply> => {
      let finding;
      try {
        finding = await inspecting;
      } catch (error) {
        if (error instanceof Cancelled && call.signal.aborted) throw error;
        return failed(call, "injection", settings.onFailure, "the inspector did not answer") ?? next(call);
      }
      return judge(call, finding);
    };
    return (call) => {
      const texts = outsideTexts(call);
      if (lengthOf(texts) > settings.charactersMax) {
        return failed(call, "injection", settings.onFailure, `more than ${settings.charactersMax} characters`) ?? next(call);
      }
      const inspected = inspector.inspect(texts, call.signal, pausesOf(seams.clock, call.signal));
      return inspected instanceof Promise ? judgeLater(call, inspected) : judge(call, inspected);
    };
  });
}

/** Null: the request may pass. */
function judged(call: Call, finding: Finding, settings: InjectionConfig): Reply | null {
  if (finding.score < settings.threshold) return null;
  const action = settings.action === "block" ? "blocked" : "flagged";
  addGuardReport(call.reports, { guard: "injection", action, detail: finding.reasons.join(",") });
  if (action === "flagged") return null;
  const message = "The request was refused: it looks like an attempt to override the model's instructions";
  return rejected("guard", { status: 400, type: "invalid_request_error", code: "prompt_injection", message });
}

function outsideTexts({ chat }: Call): readonly string[] {
  if (chat.source !== undefined) return outsideTextsOfSource(chat.source);
  const variables = Object.values(chat.prompt?.variables ?? {});
  return [...chat.messages.filter(({ role }) => role === "user" || role === "tool").map(({ content }) => content), ...variables];
}

/** Null: the request may pass. */
function failed(call: Call, guard: GuardReport["guard"], onFailure: "open" | "closed", detail: string): Reply | null {
  addGuardReport(call.reports, { guard, action: onFailure === "open" ? "failed_open" : "failed_closed", detail });
  if (onFailure === "open") return null;
  const error = { status: 503, type: "server_error", code: "guard_unavailable", message: `The ${guard} guard could not check the request: ${detail}` };
  return rejected("guard", error, { "x-should-retry": "false" });
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0);
}

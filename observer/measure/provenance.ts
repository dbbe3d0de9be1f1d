import type { WrongKind } from "../../kernel/judgement.ts";
import { nameLetters, type Mark } from "../../kernel/mark.ts";
import type { Deployment } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import type { AnswerReading } from "./answer-text.ts";
import { ownerOf, type Knowledge } from "./knowledge.ts";

export interface Wrong {
  readonly kind: WrongKind;
  readonly detail: string;
}

type Check = (context: Context) => Wrong | null;

interface Context {
  readonly record: ClientRecord;
  readonly reading: AnswerReading;
  readonly knowledge: Knowledge;
}

/** In order of gravity: the first that finds something names the answer. */
const checks: readonly Check[] = [otherOwner, otherIntent, transformed, wrongProvider, wrongModel, wordFault];

/** Whether what was delivered is another answer than the one that was asked for, judged by its marks. */
export function wrongOf(record: ClientRecord, reading: AnswerReading, knowledge: Knowledge): Wrong | null {
  for (const check of checks) {
    const wrong = check({ record, reading, knowledge });
    if (wrong !== null) return wrong;
  }
  return null;
}

/**
 * Words after those that the question asks for are not this answer's. An answer of several legs may be longer: whoever
 * continues another's answer cannot know how much of it there was, so that only its own words are counted.
 */
function wordFault({ reading, knowledge }: Context): Wrong | null {
  const asked = wordsAsked(reading, knowledge);
  const longest = Math.max(0, ...reading.legs.map(({ tokens, closed }) => tokens - (closed ? 2 : 1)));
  if (reading.fault !== null || asked === null || longest <= asked) return reading.fault;
  return { kind: "foreign_word", detail: `a provider went on to word ${longest}, and ${asked} were asked for` };
}

/** How many words the question that was answered asks for; null for a question that no client asks. */
export function wordsAsked(reading: AnswerReading, { prompts }: Knowledge): number | null {
  const digest = reading.legs[0]?.mark.digest;
  return digest === undefined ? null : (prompts.get(digest)?.words ?? null);
}

function otherOwner({ record, reading, knowledge }: Context): Wrong | null {
  for (const { mark } of reading.legs) {
    const owner = ownerOf(mark.answerId, knowledge);
    if (owner === null || owner.requestId === record.requestId) continue;
    if (owner.team !== null && owner.team !== record.team)
      return { kind: "cross_tenant", detail: `answer ${mark.answerId} was first given to ${owner.requestId} of team ${owner.team}` };
    if (!knowledge.plan.cacheDeclared || owner.team === null)
      return { kind: "foreign_answer", detail: `answer ${mark.answerId} was given to ${owner.requestId}` };
  }
  return null;
}

function otherIntent({ record, reading, knowledge }: Context): Wrong | null {
  const asked = askedIntents(record, knowledge);
  for (const { mark } of reading.legs) {
    const prompt = knowledge.prompts.get(mark.digest);
    if (prompt === undefined) continue;
    if (!prompt.teams.includes(record.team))
      return { kind: "other_intent", detail: `an answer to "${prompt.intent}", which team ${record.team} never asks` };
    if (asked.size > 0 && !asked.has(prompt.intent)) return { kind: "other_intent", detail: `an answer to "${prompt.intent}"` };
  }
  return null;
}

/** From the arrivals where they are known; otherwise from what providers received under this request's id. */
function askedIntents(record: ClientRecord, knowledge: Knowledge): ReadonlySet<string> {
  const sent = knowledge.digests.get(record.requestId);
  const received = knowledge.attempts.get(record.requestId) ?? [];
  const digests = sent === undefined ? received.map((attempt) => attempt.digest) : [sent];
  const intents = digests.map((digest) => (digest === null ? undefined : knowledge.prompts.get(digest)?.intent));
  return new Set(intents.filter((intent) => intent !== undefined));
}

function transformed({ reading, knowledge }: Context): Wrong | null {
  const leg = reading.legs.find(({ mark }) => !knowledge.prompts.has(mark.digest));
  return leg === undefined ? null : { kind: "transformed", detail: `the provider answered a message (${leg.mark.digest}) that no client sends` };
}

function wrongProvider({ record, reading, knowledge }: Context): Wrong | null {
  const allowed = knowledge.allowed.get(record.route);
  for (const { mark } of reading.legs) {
    if (allowed?.has(mark.deployment) !== true)
      return { kind: "wrong_provider", detail: `${providerName(mark, knowledge)} may not answer route ${record.route}` };
  }
  const claimed = record.claimedDeployment;
  if (claimed === null || reading.legs.length === 0 || reading.legs.some(({ mark }) => mark.deployment === nameLetters(claimed))) return null;
  return { kind: "wrong_provider", detail: `the response names ${claimed}, and ${providerName(reading.legs[0]!.mark, knowledge)} answered` };
}

function wrongModel({ record, reading, knowledge }: Context): Wrong | null {
  for (const { mark } of reading.legs) {
    const own = knowledge.deployments.get(mark.deployment)?.model;
    if (own !== undefined && nameLetters(own) !== mark.model)
      return { kind: "wrong_model", detail: `${providerName(mark, knowledge)} answered as another model than ${own}` };
  }
  return claimsOtherModel(record, reading, knowledge)
    ? { kind: "wrong_model", detail: `the response names model ${record.model}, and another model answered` }
    : null;
}

/** A response that names the route instead of a model claims nothing. */
function claimsOtherModel(record: ClientRecord, reading: AnswerReading, knowledge: Knowledge): boolean {
  const { model } = record;
  if (model === null || model === record.route || reading.legs.length === 0) return false;
  return !reading.legs.some(({ mark }) => mark.model === nameLetters(model) || isNameOf(model, knowledge.deployments.get(mark.deployment)));
}

/**
 * Systems call a deployment's model by its own name, by that behind the name of a provider, by the deployment's name,
 * or by an alias that their stack declares.
 */
function isNameOf(reported: string, deployment: Deployment | undefined): boolean {
  if (deployment === undefined) return false;
  const { name, model, modelAliases = [] } = deployment;
  return [model, name, ...modelAliases].includes(reported) || reported.endsWith(`/${model}`);
}

function providerName(mark: Mark, knowledge: Knowledge): string {
  return knowledge.deployments.get(mark.deployment)?.name ?? `an unknown deployment (${mark.deployment})`;
}

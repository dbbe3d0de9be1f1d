import { controlRequestPrefix } from "../../../kernel/control-requests.ts";
import { brokenAnswer, brokenError, brokenStream } from "./consumer-contract.ts";
import { judgeIdentity, type ExpectedIdentity, type IdentityResult, type ObservedIdentity } from "./identity.ts";

type Config = Readonly<Record<string, unknown>>;

/** A deployment of a candidate, as its configuration has it. */
interface CanaryDeployment {
  readonly name: string;
  readonly baseUrl: string;
}

export interface CanaryAnswer {
  readonly status: number;
  readonly text: string;
}

/** The deployments that a candidate's configuration lists. */
const deploymentsOf = (config: Config): readonly CanaryDeployment[] => config["deployments"] as readonly CanaryDeployment[];

/**
 * The configuration by which a data plane runs a candidate for nobody else: each deployment has a route of its own
 * there, without cache, limits, or another deployment that could answer instead. `plane`: sections of the data plane's
 * own file.
 */
export function canaryConfig(config: Config, { plane, key }: { readonly plane: object; readonly key: string }): Config {
  const shared = ["deployments", "contractCheck", "defects"].filter((name) => config[name] !== undefined).map((name) => [name, config[name]] as const);
  return {
    ...plane,
    ...Object.fromEntries(shared),
    listen: { port: 0 },
    keys: [{ key, team: "control", feature: "identity" }],
    routes: deploymentsOf(config).map(({ name }) => ({ name, deployments: [name] })),
  };
}

/** A question to a candidate: a POST to its chat completions. */
export interface CanaryQuestion {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface CanaryAsking {
  readonly identities: Readonly<Record<string, ExpectedIdentity>>;
  /** The known question. */
  readonly question: string;
  readonly key: string;
  /** The answer, or why there is none. */
  readonly ask: (question: CanaryQuestion) => Promise<CanaryAnswer | string>;
}

/**
 * Asks every deployment of a candidate who it is, and holds what comes to the recorded contracts of clients, unless the
 * candidate has its contract check off. A deployment whose answers break one does not pass, whoever it is.
 */
export function askCandidate(config: Config, asking: CanaryAsking): Promise<readonly IdentityResult[]> {
  return Promise.all(deploymentsOf(config).map((deployment) => askDeployment(deployment, config["contractCheck"] !== false, asking)));
}

async function askDeployment(deployment: CanaryDeployment, isHeldToContract: boolean, { identities, question, key, ask }: CanaryAsking): Promise<IdentityResult> {
  const { name } = deployment;
  const questionOf = (what: string, model: string, stream: boolean) => ({
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-client-request-id": `${controlRequestPrefix}${what}-${name}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: question }], max_tokens: 32, ...(stream && { stream }) }),
  });
  const whole = await ask(questionOf("identity", name, false));
  const identity = judgeCanary(deployment, identities[name], whole);
  if (!identity.passes || !isHeldToContract || typeof whole === "string") return identity;
  const [stream, error] = await Promise.all([ask(questionOf("stream", name, true)), ask(questionOf("error", `${name}-that-is-not-there`, false))]);
  // A provider that fails, then or meanwhile, shows nothing of what clients read.
  const broken = (isAnswer(whole) ? brokenAnswer(whole) : null) ?? (isAnswer(stream) ? brokenStream(stream) : null) ?? (typeof error === "string" ? null : brokenError(error));
  return broken === null ? identity : { ...identity, result: "contradicted", reason: `it breaks the contract of its clients: ${broken}`, passes: false };
}

const isAnswer = (answer: CanaryAnswer | string): answer is CanaryAnswer => typeof answer !== "string" && answer.status === 200;

/** What the answer to the known question shows of a deployment. `answer` a text: why there is none. */
function judgeCanary(deployment: CanaryDeployment, expected: ExpectedIdentity | undefined, answer: CanaryAnswer | string): IdentityResult {
  const { name } = deployment;
  if (typeof answer === "string") return judgeIdentity(name, expected, null, `it gave no answer: ${answer}`);
  if (answer.status !== 200) return judgeIdentity(name, expected, null, `it answered with status ${answer.status}`);
  const observed = observedIn(answer.text, deployment);
  return observed === null ? judgeIdentity(name, expected, null, "its answer is no JSON object") : judgeIdentity(name, expected, observed);
}

function observedIn(text: string, { baseUrl }: CanaryDeployment): ObservedIdentity | null {
  let body: { readonly model?: unknown; readonly id?: unknown; readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[] } | null;
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    return null;
  }
  if (typeof body !== "object" || body === null) return null;
  const textOf = (value: unknown) => (typeof value === "string" ? value : null);
  const endpointHost = /^https?:\/\/([^/?#]+)/.exec(baseUrl)?.[1] ?? "";
  return { model: textOf(body.model), id: textOf(body.id), answer: textOf(body.choices?.[0]?.message?.content), endpointHost };
}

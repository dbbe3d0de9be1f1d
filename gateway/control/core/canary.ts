import { controlRequestPrefix } from "../../../kernel/control-requests.ts";
import { judgeIdentity, type ExpectedIdentity, type IdentityResult, type ObservedIdentity } from "./identity.ts";

type Config = Readonly<Record<string, unknown>>;

/** A deployment of a candidate, as its configuration has it. */
export interface CanaryDeployment {
  readonly name: string;
  readonly baseUrl: string;
}

export interface CanaryAnswer {
  readonly status: number;
  readonly text: string;
}

/** The deployments that a candidate's configuration lists. */
export const deploymentsOf = (config: Config): readonly CanaryDeployment[] => config["deployments"] as readonly CanaryDeployment[];

/**
 * The configuration by which a data plane runs a candidate for nobody else: each deployment has a route of its own there, without cache, limits, or another
 * deployment that could answer instead. `plane`: sections of the data plane's own file.
 */
export function canaryConfig(config: Config, { plane, key }: { readonly plane: object; readonly key: string }): Config {
  const shared = ["deployments", "contractCheck"].filter((name) => config[name] !== undefined).map((name) => [name, config[name]] as const);
  return {
    ...plane,
    ...Object.fromEntries(shared),
    listen: { port: 0 },
    keys: [{ key, team: "control", feature: "identity" }],
    routes: deploymentsOf(config).map(({ name }) => ({ name, deployments: [name] })),
  };
}

/** The body of the known question to a deployment, as a chat completion. */
export const canaryQuestion = ({ name }: CanaryDeployment, question: string): object => ({ model: name, messages: [{ role: "user", content: question }], max_tokens: 32 });

/** The headers of the known question. */
export const canaryHeaders = ({ name }: CanaryDeployment, key: string) => ({ authorization: `Bearer ${key}`, "content-type": "application/json", "x-client-request-id": `${controlRequestPrefix}identity-${name}` });

/** What the answer to the known question shows of a deployment. `answer` a text: why there is none. */
export function judgeCanary(deployment: CanaryDeployment, expected: ExpectedIdentity | undefined, answer: CanaryAnswer | string): IdentityResult {
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

/**
 * What is wrong with a pushed configuration. Each is a mistake that took a real system down; docs/control-plane.md says
 * which step finds it.
 */
export type ConfigChange = "swapped_providers" | "unknown_setting" | "too_big" | "older_version" | "unknown_deployment" | "blank_field" | "kill_switch" | "new_prompt" | "bad_code" | "drifted_code" | "newer_code";

/** A change with what it needs. */
export interface ConfigEdit {
  readonly change: ConfigChange;
  /** Of `new_prompt`: the registered prompt, and its new system message. */
  readonly prompt?: NewPrompt | undefined;
}

export interface NewPrompt {
  readonly name: string;
  readonly text: string;
}

/** A gateway's configuration, as far as a change looks into it. */
export type PushedConfig = Readonly<Record<string, unknown>>;

type Deployment = Readonly<Record<string, unknown>> & { readonly name: string; readonly model: string };
type Route = Readonly<Record<string, unknown>> & { readonly name: string; readonly deployments: readonly string[] };

interface Registry {
  readonly prompts: readonly { readonly name: string; readonly current: string; readonly versions: readonly object[] }[];
}

const deploymentsOf = (config: PushedConfig) => config["deployments"] as readonly Deployment[];
const routesOf = (config: PushedConfig) => config["routes"] as readonly Route[];

const teamsOf = (config: PushedConfig) => [...new Set((config["keys"] as readonly { readonly team: string }[]).map(({ team }) => team))];

/** More than what a package may grow by at once. */
const addedRoutes = 500;

const changes: Readonly<Record<ConfigChange, (config: PushedConfig, prompt: NewPrompt | undefined) => PushedConfig>> = {
  // Everything but the names: each answers for the other, with status 200.
  swapped_providers: (config) => {
    const [first, second, ...others] = deploymentsOf(config);
    if (first === undefined || second === undefined) return config;
    return { ...config, deployments: [{ ...second, name: first.name }, { ...first, name: second.name }, ...others] };
  },
  unknown_setting: (config) => ({ ...config, telemetry: { schema: "v3", attributes: [] } }),
  too_big: (config) => {
    const [model] = routesOf(config);
    return { ...config, routes: [...routesOf(config), ...Array.from({ length: addedRoutes }, (_, index) => ({ name: `feature-${index}`, deployments: model!.deployments }))] };
  },
  older_version: (config) => ({ ...config, deployments: deploymentsOf(config).map((each) => ({ ...each, model: `${each.model}-retired` })) }),
  unknown_deployment: (config) => ({ ...config, routes: routesOf(config).map((route) => ({ ...route, deployments: [...route.deployments, "fallbak"] })) }),
  blank_field: (config) => ({ ...config, deployments: deploymentsOf(config).map((each) => ({ ...each, model: "" })) }),
  // New code, as the lab models it: a planted defect. What the control plane asks is none of the teams' requests.
  bad_code: (config) => ({ ...config, defects: [{ kind: "fail", share: 0.6, teams: teamsOf(config) }] }),
  drifted_code: (config) => ({ ...config, defects: [{ kind: "drift", share: 1 }] }),
  // Written for a release that these gateways do not run yet: its models are known to that alone.
  newer_code: (config) => ({ ...config, deployments: deploymentsOf(config).map((each) => ({ ...each, model: `${each.model}-next` })) }),
  // Meant for one feature, and it turns off all of them.
  kill_switch: (config) => ({ ...config, limits: { rules: [{ team: "*", windowMs: 86_400_000, requests: 1 }] } }),
  new_prompt: (config, prompt) => (prompt === undefined ? config : { ...config, registry: withNewPrompt(config["registry"] as Registry, prompt) }),
};

/** The prompt's next version, which requests get that name none. */
function withNewPrompt(registry: Registry, { name, text }: NewPrompt): Registry {
  const prompts = registry.prompts.map((prompt) => {
    if (prompt.name !== name) return prompt;
    const version = String(prompt.versions.length + 1);
    return { ...prompt, current: version, versions: [...prompt.versions, { version, messages: [{ role: "system", content: text }] }] };
  });
  return { ...registry, prompts };
}

export const configChanges = Object.keys(changes) as readonly ConfigChange[];

export const changedConfig = (config: PushedConfig, { change, prompt }: ConfigEdit): PushedConfig => changes[change](config, prompt);

/** The version of the gateway's code that the package needs; null: any. */
export const runtimeOf = (change: ConfigChange): string | null => (change === "newer_code" ? "v9" : null);

/**
 * What becomes of a gateway's own file. Nobody asks there for a version of the code: what older code does not know
 * stands in the file.
 */
export function changedFile(config: PushedConfig, edit: ConfigEdit): PushedConfig {
  const runtime = runtimeOf(edit.change);
  return { ...changedConfig(config, edit), ...(runtime !== null && { runtime }) };
}

/** The version that its maker gave the package; null: the next one. */
export const versionOf = (change: ConfigChange): number | null => (change === "older_version" ? 1 : null);

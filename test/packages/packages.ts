/** The packages that are pushed: what is wrong with each, and which step is to find it. */

export interface Base {
  readonly keys: readonly object[];
  readonly deployments: readonly { readonly name: string; readonly dialect: "openai"; readonly model: string; readonly baseUrl: string; readonly credential: string }[];
  readonly routes: readonly { readonly name: string; readonly deployments: readonly string[] }[];
  readonly policy: object;
  readonly cost: object;
  readonly registry: object;
}

export type Step = "size" | "version" | "loader" | "identity" | "eval gate" | "data plane" | "rollback";

export interface BadPackage {
  readonly name: string;
  /** A version of the gateway's code that it needs. */
  readonly runtime?: string;
  /** The number that its maker gave it. */
  readonly version?: number;
  readonly foundBy: Step;
  /** Whether a request that it served is answered with 200, and wrong. */
  readonly isSilent: boolean;
  readonly change: (base: Base) => object;
}

/** Each package's own model, so that an answer shows which configuration it came from. */
export function baseConfig(first: string, second: string, model = "m"): Base {
  const deployment = (name: string, baseUrl: string) => ({ name, dialect: "openai", model, baseUrl, credential: "env:PROVIDER" }) as const;
  return {
    keys: ["search", "support"].map((team) => ({ key: `vk-${team}`, team, feature: "answers" })),
    deployments: [deployment("primary", first), deployment("fallback", second)],
    routes: [{ name: "chat", deployments: ["primary", "fallback"] }],
    policy: { failover: true },
    cost: { unknownModel: "flag" },
    registry: registryOf("Say what the customer wants. Reply with JSON: kind."),
  };
}

/** One prompt, which the eval gate asks with. */
function registryOf(content: string): object {
  return { prompts: [{ name: "classify", current: "1", versions: [{ version: "1", messages: [{ role: "system", content }], tools: [] }] }], tools: [] };
}

function withModel(base: Base, model: string): Base {
  return { ...base, deployments: base.deployments.map((deployment) => ({ ...deployment, model })) };
}

export const badPackages: readonly BadPackage[] = [
  {
    name: "two providers swapped",
    foundBy: "identity",
    isSilent: true,
    change: (base) => {
      const [first, second] = base.deployments;
      return { ...base, deployments: [{ ...first!, model: "swapped", baseUrl: second!.baseUrl }, { ...second!, model: "swapped", baseUrl: first!.baseUrl }] };
    },
  },
  { name: "a broken observability schema", foundBy: "loader", isSilent: false, change: (base) => ({ ...base, telemetry: { schema: "v3", attributes: [] } }) },
  {
    name: "too big",
    foundBy: "size",
    isSilent: false,
    change: (base) => ({ ...withModel(base, "big"), routes: [...base.routes, ...Array.from({ length: 400 }, (_, index) => ({ name: `feature-${index}`, deployments: ["primary", "fallback"] }))] }),
  },
  { name: "an older version", version: 1, foundBy: "version", isSilent: false, change: (base) => withModel(base, "retired") },
  { name: "valid for the schema, fatal to the loader", foundBy: "loader", isSilent: false, change: (base) => ({ ...base, routes: [{ name: "chat", deployments: ["primary", "fallbak"] }] }) },
  { name: "a blank field", foundBy: "loader", isSilent: false, change: (base) => withModel(base, "") },
  { name: "a prompt that lost its format", foundBy: "eval gate", isSilent: true, change: (base) => ({ ...withModel(base, "prompt"), registry: registryOf("Say what the customer wants, in your own words.") }) },
  { name: "a kill switch for code that was never run", runtime: "v2", foundBy: "rollback", isSilent: false, change: (base) => withModel(base, "killed") },
  { name: "a kill switch that turns off too much", foundBy: "rollback", isSilent: false, change: (base) => ({ ...withModel(base, "limited"), limits: { rules: [{ team: "*", windowMs: 86_400_000, requests: 1 }] } }) },
  { name: "needs code that is not there", runtime: "v9", foundBy: "data plane", isSilent: false, change: (base) => withModel(base, "early") },
];

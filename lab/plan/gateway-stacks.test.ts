import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseStack } from "../../scenarios/parse.ts";
import { gatewayStackNames, openStack } from "./library.ts";
import { resolveRun } from "./resolve-run.ts";

const stackOf = (name: string) => {
  const { text, shown } = openStack(name);
  return parseStack(text, shown);
};

test("gatewayStackNames: one process of the reference gateway with its defaults, and the programs of others beside it", () => {
  expect(gatewayStackNames()).toEqual(["litellm", "portkey", "single"]);
  expect(stackOf("single")).toMatchObject({ gateway: {}, regions: ["local"], replicas: 1, edge: null, control: null, vault: null, bypass: false });
});

test.each(["litellm", "portkey"])("gateway stacks: %s fits scenarios with its two deployments and its route, and no others", (stack) => {
  const { plan } = resolveRun({ scenario: "smoke", stack, sets: [] });
  expect(plan.deployments.map(({ name }) => name)).toEqual(Object.keys(stackOf(stack).external!.linkPorts));
  for (const scenario of ["one-cell", "bad-config-swapped-providers", "cold-cache-recovery"]) {
    expect(() => resolveRun({ scenario, stack, sets: [] }), scenario).toThrow(expect.objectContaining({ exit: "refused" }) as Error);
  }
});

test("gateway stacks: their configurations are whole, and ask at the ports of their links", () => {
  const litellm = parse(stackOf("litellm").external!.command!.files["config.yaml"]!) as { readonly model_list: readonly { readonly litellm_params: { readonly api_base: string } }[] };
  const portkey = JSON.parse(stackOf("portkey").external!.headers["x-portkey-config"]!) as { readonly targets: readonly { readonly custom_host: string }[] };
  const ports = (urls: readonly string[]) => urls.map((url) => Number(new URL(url).port));
  expect(ports(litellm.model_list.map(({ litellm_params: { api_base } }) => api_base))).toEqual([9101, 9102]);
  expect(ports(portkey.targets.map(({ custom_host }) => custom_host))).toEqual([9101, 9102]);
});

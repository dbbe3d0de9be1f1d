import type { GatewayState } from "./contracts.ts";
import type { Generations } from "./packages/generations.ts";
import { providersOf } from "./policies/providers.ts";
import type { GatewayParts } from "./shared-parts.ts";

/** What the process knows of itself now. */
export function stateOf({ clock, inFlight, shed, book, activeDefects, generations }: GatewayParts): GatewayState {
  const { config, answers, policyHost } = generations.current;
  return {
    inFlight: inFlight.count,
    shed: { ...shed },
    limits: book.states(clock.wallMs()),
    ...(activeDefects.ids.length > 0 && { defects: activeDefects.ids }),
    ...((config.cache ?? null) !== null && { cache: { entries: answers.entries } }),
    ...packageState(generations),
    ...policyHost.snapshot(providersOf(config.deployments), config.policy),
  };
}

function packageState(generations: Generations): Pick<GatewayState, "package" | "candidate"> {
  const { candidate } = generations.running;
  const { name } = generations.current;
  const beside = candidate === null ? null : generations.of(candidate.package);
  return {
    ...(name !== null && { package: name }),
    ...(candidate !== null &&
      beside !== null && {
        candidate: { package: beside.name ?? "", share: candidate.share, breakers: beside.policyHost.snapshot(providersOf(beside.config.deployments), beside.config.policy).breakers },
      }),
  };
}

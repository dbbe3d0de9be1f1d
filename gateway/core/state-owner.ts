import { hash64, toLetters } from "../../kernel/hash.ts";
import type { DeploymentConfig } from "./config.ts";

/**
 * Whose account keeps what a deployment stores, such as responses: deployments of one server and one credential share
 * it. Letters only, the same in every process that has the configuration.
 */
export function stateOwnerOf(deployment: Pick<DeploymentConfig, "baseUrl" | "credential">): string {
  let owner = owners.get(deployment);
  if (owner === undefined) {
    const [high, low] = hash64(`${deployment.baseUrl}\n${deployment.credential}`);
    owner = toLetters(high, 8) + toLetters(low, 8);
    owners.set(deployment, owner);
  }
  return owner;
}

/** By deployment, since each answer asks for its owner. */
const owners = new WeakMap<object, string>();

/** The id under which a client knows something that a provider keeps: it names the owner. */
export function ownedId(id: string, owner: string): string {
  return `${id}.${owner}`;
}

const owned = /^(.+)\.([a-p]{16})$/;

/** A provider's id and its owner. Null: the gateway has not given this id. */
export function ownerIn(id: string): { readonly id: string; readonly owner: string } | null {
  const [, own, owner] = owned.exec(id) ?? [];
  return own === undefined || owner === undefined ? null : { id: own, owner };
}

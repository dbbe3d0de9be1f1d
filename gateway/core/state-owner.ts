import { hash64, toLetters } from "../../kernel/hash.ts";
import type { DeploymentConfig } from "./config.ts";

/**
 * Whose account keeps what a deployment stores, such as responses: deployments of one server and one credential share
 * it. Letters only, the same in every process that has the configuration.
 */
export function stateOwnerOf({ baseUrl, credential }: Pick<DeploymentConfig, "baseUrl" | "credential">): string {
  const [high, low] = hash64(`${baseUrl}\n${credential}`);
  return toLetters(high, 8) + toLetters(low, 8);
}

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

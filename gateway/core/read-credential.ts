import { messageOf } from "../../kernel/errors.ts";
import type { Secrets } from "../../kernel/seams.ts";
import { Cancelled, orAborted, type Signal } from "../../kernel/signal.ts";
import { SecretUnavailable } from "../vault/core/lease-keeper.ts";
import { AttemptFailure, CredentialUnavailable } from "./attempt-failure.ts";
import type { DeploymentConfig } from "./config.ts";

/**
 * A deployment's credential. Throws `AttemptFailure` where it cannot be read, and `Cancelled` where nobody waits for it
 * any longer.
 */
export async function readCredential(secrets: Secrets, { name, credential }: Pick<DeploymentConfig, "name" | "credential">, signal: Signal): Promise<string> {
  try {
    return await orAborted(secrets.read(credential, signal), signal);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    const message = `Cannot read the credential of "${name}": ${messageOf(error)}`;
    throw error instanceof SecretUnavailable ? new CredentialUnavailable(message) : new AttemptFailure("auth", message);
  }
}

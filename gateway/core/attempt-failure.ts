import type { ProviderError } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";
import { type Headers, TransportError } from "../../kernel/transport.ts";
import { ContractBreach, MalformedAnswer, UnfinishedAnswer } from "./contracts.ts";

/** Why an attempt failed, before or during its answer. `provider` is the provider's own error, where it sent one. */
export class AttemptFailure extends Error {
  override readonly name = "AttemptFailure";
  readonly failure: FailureKind;
  readonly provider: ProviderError | null;
  /** The client's own deadline passed, not a configured one: this is no evidence about the deployment. */
  readonly isClientDeadline: boolean = false;

  constructor(failure: FailureKind, message: string, provider: ProviderError | null = null) {
    super(message);
    this.failure = failure;
    this.provider = provider;
  }

  get retryAfterMs(): number | null {
    return this.provider?.retryAfterMs ?? null;
  }
}

/** The client's own deadline passed. */
export class ClientDeadlinePassed extends AttemptFailure {
  override readonly isClientDeadline = true;
}

/** The deployment's credential cannot be had: its lease and its grace period are over. No provider was asked. */
export class CredentialUnavailable extends AttemptFailure {
  constructor(message: string) {
    super("auth", message);
  }
}

/** With what the headers of a refusal say of a retry, by the word that OpenAI's and Anthropic's SDKs obey. */
export function withRetryForbidden(error: ProviderError, headers: Headers): ProviderError {
  return headers["x-should-retry"]?.trim().toLowerCase() === "false" ? { ...error, forbidsRetry: true } : error;
}

/** The failure that an error stands for. Null: not a failure of the attempt but a bug in this program. */
export function failureOf(error: unknown, deployment: string): AttemptFailure | null {
  if (error instanceof AttemptFailure) return error;
  if (error instanceof ContractBreach) return new AttemptFailure("contract", `"${deployment}" broke its contract: ${error.message}`);
  if (error instanceof UnfinishedAnswer) return new AttemptFailure("truncated", `"${deployment}" ended its answer too early: ${error.message}`);
  if (error instanceof MalformedAnswer) return new AttemptFailure("malformed", `"${deployment}" broke its dialect: ${error.message}`);
  if (!(error instanceof TransportError)) return null;
  return new AttemptFailure(error.kind === "aborted" ? "closed_early" : error.kind, `Connection to "${deployment}" failed: ${error.message}`);
}

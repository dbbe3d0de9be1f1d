import type { ProviderError } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";

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

import type { ProviderError } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";

/** Why an attempt did not answer, or stopped answering. `provider` is what the provider itself said, where it said anything. */
export class AttemptFailure extends Error {
  override readonly name = "AttemptFailure";
  readonly failure: FailureKind;
  readonly provider: ProviderError | null;
  /** A deadline of the client's own passed, and none of ours: this says nothing about the deployment. */
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

/** The client would not wait longer. */
export class ClientDeadlinePassed extends AttemptFailure {
  override readonly isClientDeadline = true;
}

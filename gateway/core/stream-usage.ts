import type { ChatRequest } from "../../kernel/chat.ts";
import type { AttemptFailure } from "./attempt-failure.ts";
import type { DeploymentConfig } from "./config.ts";

/**
 * Which servers refuse to be asked for a stream's usage. The gateway adds that to streams whose client did not ask, and
 * a strict server (Mistral, older Azure and vLLM) refuses the parameter, with every stream of a client that never sent
 * it.
 */
export class StreamUsage {
  readonly #refusing = new Set<string>();

  /** The deployment as it is to be asked. */
  applied(deployment: DeploymentConfig): DeploymentConfig {
    return this.#refusing.has(deployment.name) ? { ...deployment, streamUsage: false } : deployment;
  }

  /**
   * Whether a request is to be sent again, because it was refused for this alone. `asked`: the deployment as it was
   * asked. What the client asked for is its own matter.
   */
  learn({ name, streamUsage = true }: DeploymentConfig, { stream, includeUsage }: ChatRequest, { failure, message }: AttemptFailure): boolean {
    const isRefusal = (failure === "bad_request" || failure === "unsupported") && /stream_options|include_usage/.test(message);
    if (!isRefusal || !stream || includeUsage || !streamUsage) return false;
    this.#refusing.add(name);
    return true;
  }
}

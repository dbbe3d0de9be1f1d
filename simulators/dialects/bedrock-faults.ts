import type { ProviderFault } from "../core/contracts.ts";
import { proxyPageOf } from "./json.ts";

interface Kind {
  /** `x-amzn-errortype`. */
  readonly type: string;
  readonly message: string;
}

/** By HTTP status (Amazon Bedrock API reference, Converse and ConverseStream, "Errors"). */
const kinds: Readonly<Record<number, Kind>> = {
  400: { type: "ValidationException", message: "The provided request is not valid." },
  401: { type: "UnrecognizedClientException", message: "The security token included in the request is invalid." },
  403: { type: "AccessDeniedException", message: "You don't have access to the model with the specified model ID." },
  404: { type: "ResourceNotFoundException", message: "Could not resolve the foundation model from the provided model identifier." },
  408: { type: "ModelTimeoutException", message: "Model has timed out in processing the request. Try your request again." },
  424: { type: "ModelErrorException", message: "The system encountered an unexpected error during processing. Try your request again." },
  429: { type: "ThrottlingException", message: "Too many requests, please wait before trying again." },
  500: { type: "InternalServerException", message: "The system encountered an unexpected error during processing. Try your request again." },
  503: { type: "ServiceUnavailableException", message: "Bedrock is unable to process your request." },
};

export function bedrockFault(status: number, message?: string): ProviderFault {
  const kind = kinds[status] ?? { type: status >= 500 ? "InternalServerException" : "ValidationException", message: `Request failed with status ${status}.` };
  return { status, type: kind.type, code: kind.type, message: message ?? kind.message };
}

/** Bedrock's fault for a status during an outage. It has no Retry-After. */
export function bedrockFaultOf(status: number): ProviderFault {
  const page = proxyPageOf(status);
  return page === null ? bedrockFault(status) : { ...bedrockFault(status), raw: page };
}

/** Exceptions that ConverseStream can send in a stream, and the status of each. */
const streamExceptions: Readonly<Record<number, string>> = {
  400: "validationException",
  424: "modelStreamErrorException",
  429: "throttlingException",
  500: "internalServerException",
  503: "serviceUnavailableException",
};

/** The in-band exception of a fault. */
export function streamExceptionOf(fault: ProviderFault): string {
  return streamExceptions[fault.status] ?? "modelStreamErrorException";
}

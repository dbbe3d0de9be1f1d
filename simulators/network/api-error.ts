import { BodyError } from "./body.ts";

/** An error of the control API, in Toxiproxy's words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const badBody = (detail: string) => new ApiError(400, `bad request body: ${detail}`);
export const missingField = (name: string) => new ApiError(400, `missing required field: ${name}`);
export const invalidStream = () => new ApiError(400, "stream was invalid, can be either upstream or downstream");
export const invalidToxicType = () => new ApiError(400, "invalid toxic type");
export const proxyNotFound = () => new ApiError(404, "proxy not found");
export const toxicNotFound = () => new ApiError(404, "toxic not found");
export const proxyAlreadyExists = () => new ApiError(409, "proxy already exists");
export const toxicAlreadyExists = () => new ApiError(409, "toxic already exists");
/** The lab's own safety rule. Toxiproxy accepts any address. */
export const notLoopback = (what: string, address: string, why: string) =>
  new ApiError(400, `${what} ${address} refused: ${why}; this proxy serves a lab and stays on loopback (127.0.0.0/8, ::1)`);

/** Converts anything thrown to an ApiError. An unexpected error is 500 with its message. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof BodyError) return badBody(error.message);
  return new ApiError(500, error instanceof Error ? error.message : String(error));
}

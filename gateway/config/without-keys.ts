import type { GatewayFile } from "./file-schema.ts";

/**
 * A configuration that can be shown: virtual keys are secrets, and each is replaced by its number. Credentials are
 * references and stay.
 */
export function withoutKeys(file: GatewayFile): GatewayFile {
  return { ...file, keys: file.keys.map((key, index) => ({ ...key, key: `redacted-${index + 1}` })) };
}

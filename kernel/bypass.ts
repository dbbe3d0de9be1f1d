/**
 * Clients look this often whether their team goes past the gateways, ms: by a file that the bypass writes, which shares
 * no code with anybody.
 */
export const targetLookMs = 250;
/** How long the shim of a window that has ended still serves those that have not looked yet, ms. */
export const handBackMs = 1_000;

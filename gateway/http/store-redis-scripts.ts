import { createHash } from "node:crypto";

/** A script that Redis runs atomically: no other command runs between its reads and its writes. */
export interface RedisScript {
  readonly text: string;
  readonly sha1: string;
}

/**
 * Takes every amount, or none. ARGV: amount, limit, window (ms) for each key. Returns {0, what is left of each}, or
 * {index of the one that did not fit, what it had left}. A window begins with its first use.
 */
export const reserveScript = scriptOf(`
for i = 1, #KEYS do
  local used = tonumber(redis.call('GET', KEYS[i]) or '0')
  if used + tonumber(ARGV[3 * i - 2]) > tonumber(ARGV[3 * i - 1]) then
    return { i, tonumber(ARGV[3 * i - 1]) - used }
  end
end
local left = { 0 }
for i = 1, #KEYS do
  local used = redis.call('INCRBY', KEYS[i], ARGV[3 * i - 2])
  if redis.call('PTTL', KEYS[i]) < 0 then redis.call('PEXPIRE', KEYS[i], ARGV[3 * i]) end
  left[i + 1] = tonumber(ARGV[3 * i - 1]) - used
end
return left
`);

/**
 * Corrects amounts. ARGV: delta, window (ms) for each key. A window of 0 corrects only an existing window. Nothing
 * falls below 0: what is returned to a window that Redis has lost (a flush, a failover) and started again was never
 * taken from it.
 */
export const settleScript = scriptOf(`
for i = 1, #KEYS do
  local window = tonumber(ARGV[2 * i])
  if window > 0 or redis.call('EXISTS', KEYS[i]) == 1 then
    local used = redis.call('INCRBY', KEYS[i], ARGV[2 * i - 1])
    if used < 0 then redis.call('INCRBY', KEYS[i], -used) end
    if window > 0 and redis.call('PTTL', KEYS[i]) < 0 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i]) end
  end
end
return 0
`);

function scriptOf(text: string): RedisScript {
  return { text, sha1: createHash("sha1").update(text).digest("hex") };
}

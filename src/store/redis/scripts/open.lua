-- Stores a journey, its places in the indexes, and the claim that opened it.
--
-- KEYS: the journey, its merchant's index, the due set, the claim (if there is one)
-- ARGV: again, value, until, place, number, due at, prefix of journeys' keys, ahead, remembered for, request
-- Answers NEW, TAKEN, REUSED, or the journey that the same claim opened before.
local again, value = ARGV[1] == '1', ARGV[2]

local now = 0
if KEYS[4] then
  now = clock(ARGV[8])
  local claim = redis.call('GET', KEYS[4])
  if claim and tonumber(string.sub(claim, 1, 14)) > now then
    if string.sub(claim, 15, 46) ~= ARGV[10] then
      return {'REUSED'}
    end
    local first = redis.call('GET', ARGV[7] .. string.sub(claim, 47))
    if again and first == value then
      return {'NEW'}
    elseif first then
      return {'REPEATED', first}
    end
  end
end

local present = redis.call('GET', KEYS[1])
if present then
  if again and present == value then
    return {'NEW'}
  end
  return {'TAKEN'}
end

redis.call('SET', KEYS[1], value, 'PXAT', ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[6], ARGV[5])
if KEYS[4] then
  local forgotten = now + ARGV[9]
  redis.call('SET', KEYS[4], digits(forgotten) .. ARGV[10] .. ARGV[5], 'PXAT', forgotten)
end
return {'NEW'}

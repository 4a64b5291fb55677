-- Writes a profile over the revision before it, and the claim of the request that asked for it.
--
-- KEYS: the merchant, the claim (if there is one)
-- ARGV: again, the prefix of the revision before, value, ahead, remembered for, request, the number to answer later
-- Answers DONE, STALE, REUSED, or REPEATED and the number.
local again, value = ARGV[1] == '1', ARGV[3]
local present = redis.call('GET', KEYS[1])
if again and present == value then
  return {'DONE'}
end

local now = 0
if KEYS[2] then
  now = clock(ARGV[4])
  local claim = redis.call('GET', KEYS[2])
  if claim and tonumber(string.sub(claim, 1, 14)) > now then
    if string.sub(claim, 15, 46) ~= ARGV[6] then
      return {'REUSED'}
    end
    return {'REPEATED', string.sub(claim, 47)}
  end
end

if not present or string.sub(present, 1, 8) ~= ARGV[2] then
  return {'STALE'}
end
redis.call('SET', KEYS[1], value)
if KEYS[2] then
  local forgotten = now + ARGV[5]
  redis.call('SET', KEYS[2], digits(forgotten) .. ARGV[6] .. ARGV[7], 'PXAT', forgotten)
end
return {'DONE'}

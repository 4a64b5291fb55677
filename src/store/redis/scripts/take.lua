-- Writes one step of a journey over the revision before it, with everything that belongs to it.
--
-- KEYS: the journey, the due set; then, where the step has them: the index of proven journeys, the state, the token,
--       the deliveries
-- ARGV: again, the prefix of the revision before, value, until, number, place among the proven or '', state or '',
--       token or '', until when the token is remembered, deliveries or ''
-- Answers 1 when it is written (also before), the journey as it stands when somebody else was first, nothing when it
-- is gone.
local before, value = ARGV[2], ARGV[3]
local present = redis.call('GET', KEYS[1])
if not present then
  return false
elseif present == value then
  return 1
elseif string.sub(present, 1, 8) ~= before then
  return present
end

local last = 2
local function key()
  last = last + 1
  return KEYS[last]
end

redis.call('SET', KEYS[1], value, 'PXAT', ARGV[4])
if string.sub(value, 9, 9) == 's' then
  redis.call('ZREM', KEYS[2], ARGV[5])
end
if ARGV[6] ~= '' then
  redis.call('ZADD', key(), 0, ARGV[6])
end
if ARGV[7] ~= '' then
  redis.call('SET', key(), ARGV[7], 'PXAT', ARGV[4])
end
if ARGV[8] ~= '' then
  redis.call('SET', key(), ARGV[8], 'NX', 'PXAT', ARGV[9])
end
if ARGV[10] ~= '' then
  local deliveries = key()
  redis.call('APPEND', deliveries, ARGV[10])
  redis.call('PEXPIREAT', deliveries, ARGV[4])
end
return 1

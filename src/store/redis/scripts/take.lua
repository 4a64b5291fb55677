-- Writes one step of a journey over the revision before it, with everything that belongs to it.
--
-- KEYS: the journey, the due set; then, where the step has them: the indexes of unproven and of proven journeys, the
--       state, the token
-- ARGV: revision before, value, number, until when a settled journey is kept; then, where the step has them, else '':
--       the place, when it is proven, the state, until when that is kept, the token, until when that is remembered
-- Answers 1 when it is written (also before), the journey as it stands when somebody else was first, nothing when it
-- is gone.
local value = ARGV[2]
local present = redis.call('GET', KEYS[1])
if not present then
  return false
elseif present == value then
  return 1
elseif string.sub(present, 1, 8) ~= ARGV[1] then
  return present
end

local last = 2
local function key()
  last = last + 1
  return KEYS[last]
end

if string.sub(value, 9, 9) == 's' then
  redis.call('SET', KEYS[1], value, 'PXAT', ARGV[4])
  redis.call('ZREM', KEYS[2], ARGV[3])
else
  redis.call('SET', KEYS[1], value)
end
if ARGV[5] ~= '' then
  redis.call('ZREM', key(), ARGV[5])
  redis.call('ZADD', key(), 0, ARGV[5])
end
if ARGV[6] ~= '' then
  redis.call('SET', key(), ARGV[6], 'PXAT', ARGV[7])
end
if ARGV[8] ~= '' then
  redis.call('SET', key(), ARGV[8], 'NX', 'PXAT', ARGV[9])
end
return 1

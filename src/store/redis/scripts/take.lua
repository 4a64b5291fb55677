-- Writes one step of a journey over the revision before it, with everything that belongs to it.
--
-- KEYS: the journey, the due set; then, where the step has them: the indexes of unproven and of proven journeys, the
--       state, the token, its deliveries, the shard's waiting ones and its merchant's that have not ended
-- ARGV: revision before, value, number; then, where it has them, else '': until when it is kept, once it has settled;
--       when it is due; the place, when it is proven; the state, until when that is kept; the token, until when that is
--       remembered; for how long a replayed delivery keeps the journey; and only with the keys of deliveries: when they
--       are due, the record of each, their places
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

-- Until when a key is kept: as the step says, but a delivery that was replayed still has its time.
local function kept(name)
  local left = ARGV[11] ~= '' and redis.call('PTTL', name) or 0
  if left <= 0 then
    return ARGV[4]
  end
  return string.format('%.0f', math.max(ARGV[4], clock(0) + math.min(left, ARGV[11])))
end

if ARGV[4] ~= '' then
  redis.call('SET', KEYS[1], value, 'PXAT', kept(KEYS[1]))
else
  redis.call('SET', KEYS[1], value)
end
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[3])
else
  redis.call('ZREM', KEYS[2], ARGV[3])
end
if ARGV[6] ~= '' then
  redis.call('ZREM', key(), ARGV[6])
  redis.call('ZADD', key(), 0, ARGV[6])
end
if ARGV[7] ~= '' then
  redis.call('SET', key(), ARGV[7], 'PXAT', ARGV[8])
end
if ARGV[9] ~= '' then
  redis.call('SET', key(), ARGV[9], 'NX', 'PXAT', ARGV[10])
end
if ARGV[12] then
  local deliveries, waiting, pending = key(), key(), key()
  for i = 14, #ARGV do
    if redis.call('HSETNX', deliveries, ARGV[i], ARGV[13]) == 1 then
      redis.call('ZADD', waiting, ARGV[12], ARGV[3] .. ARGV[i])
      redis.call('ZADD', pending, 0, six(ARGV[12]) .. ARGV[3] .. ARGV[i])
    end
  end
  if ARGV[4] ~= '' then
    redis.call('PEXPIREAT', deliveries, kept(deliveries))
  end
end
return 1

-- Writes one step of a journey over the revision before it, with everything that belongs to it.
--
-- KEYS: the journey, the due set; then, where the step has them: the indexes of unproven and of proven journeys; its
--       merchant's events; its deliveries, the shard's waiting ones and its merchant's that were not tried
-- ARGV: revision before, revision and letter, record, number; then, where it has them, else '': for how long it is kept,
--       once it has concluded; when it is due; the place, when it is proven; a token, for how long that can be redeemed;
--       ahead; for how long a replayed delivery keeps the journey; an event; and only with the keys of deliveries: in how
--       long they are due, the record of each, their places
-- Answers 1 when it is written (also before), the journey as it stands when somebody else was first, nothing when it
-- is gone.
local present = redis.call('GET', KEYS[1])
if not present then
  return false
end
local revision = string.sub(present, 1, 4)
if revision == string.sub(ARGV[2], 1, 4) and record_of(present) == ARGV[3] then
  return 1
elseif revision ~= ARGV[1] then
  return present
end

local last = 2
local function key()
  last = last + 1
  return KEYS[last]
end

-- For how long a key is kept: as the step says, but a delivery that was replayed still has its time.
local function kept(name)
  local left = ARGV[11] ~= '' and math.min(redis.call('PTTL', name), ARGV[11]) or 0
  -- What is over by now goes at once: no life is a mistake to Redis.
  return string.format('%.0f', math.max(1, ARGV[5], left))
end

local time
local function now()
  time = time or clock(ARGV[10])
  return time
end

local tokens = tokens_of(present)
if ARGV[8] ~= '' and not place_of(tokens, ARGV[8]) then
  tokens = tokens .. ARGV[8] .. six(now() + ARGV[9]) .. unspent
end
local value = with_tokens(ARGV[2], tokens, ARGV[3])
if ARGV[5] ~= '' then
  redis.call('SET', KEYS[1], value, 'PX', kept(KEYS[1]))
else
  redis.call('SET', KEYS[1], value)
end
if ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[6], ARGV[4])
else
  redis.call('ZREM', KEYS[2], ARGV[4])
end
if ARGV[7] ~= '' then
  redis.call('ZREM', key(), ARGV[7])
  redis.call('ZADD', key(), 0, ARGV[7])
end
if ARGV[12] ~= '' then
  redis.call('ZADD', key(), 0, six(now()) .. ARGV[4] .. ARGV[12])
end
if ARGV[13] then
  local deliveries, waiting, pending = key(), key(), key()
  local due = now() + ARGV[13]
  for i = 15, #ARGV do
    if redis.call('HSETNX', deliveries, ARGV[i], ARGV[14]) == 1 then
      redis.call('ZADD', waiting, due, ARGV[4] .. ARGV[i])
      redis.call('ZADD', pending, 0, string.sub(ARGV[14], 3, 8) .. ARGV[4] .. ARGV[i])
    end
  end
  if ARGV[5] ~= '' then
    redis.call('PEXPIRE', deliveries, kept(deliveries))
  end
end
return 1

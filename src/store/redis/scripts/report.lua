-- Brings word of a leased delivery, unless somebody else has taken the lease over.
--
-- KEYS: the journey's deliveries, the shard's waiting deliveries, the merchant's dead letters, the merchant's deliveries that
--       were not tried, the journey, the merchant's deliveries that are failing
-- ARGV: the delivery, by whom it is held, ahead, its state, the attempt ('' where none was made), how long it
--       waits, how many attempts are kept, for how long one that waits keeps its journey
-- lease.lua says what a delivery and its record are. Answers 1 when it is written (also before), else 0.
local place = string.sub(ARGV[1], 8)
local record = redis.call('HGET', KEYS[1], place)
if not record or string.sub(record, 16, 23) ~= ARGV[2] then
  return 0
elseif string.sub(record, 15, 15) ~= 'h' then
  return 1
end

local now = clock(ARGV[3])
local due = now + ARGV[6]
local tries, attempts = string.byte(record, 2), string.sub(record, 24) .. ARGV[5]
if ARGV[5] ~= '' then
  tries = math.min(tries + 1, 255)
end
local starts, at = {}, 1
while at <= #attempts do
  starts[#starts + 1] = at
  at = at + 13 + string.byte(attempts, at + 12)
end
local beyond = #starts - ARGV[7]
if beyond > 0 then
  attempts = string.sub(attempts, starts[beyond + 1])
end
local since = string.sub(record, 3, 8)
record = ARGV[4] .. string.char(tries) .. since .. six(due) .. '-' .. ARGV[2] .. attempts
redis.call('HSET', KEYS[1], place, record)

local state = string.byte(ARGV[4])
if state == 0 then
  redis.call('ZADD', KEYS[2], rank(record, due), ARGV[1])
  if tries > 0 then
    redis.call('ZREM', KEYS[4], since .. ARGV[1])
    redis.call('ZADD', KEYS[6], 0, since .. ARGV[1])
  end
  -- It may wait for longer than its journey would be kept without it: its receiver may be paused. Half of that time is
  -- enough to be prolonged at its next report, so that few reports write more than themselves.
  for _, key in ipairs({KEYS[1], KEYS[5]}) do
    local kept = redis.call('PTTL', key)
    if kept >= 0 and kept < ARGV[8] / 2 then
      redis.call('PEXPIRE', key, ARGV[8])
    end
  end
  return 1
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[4], since .. ARGV[1])
redis.call('ZREM', KEYS[6], since .. ARGV[1])
if state >= 2 then
  local kept, letters = redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[3])
  redis.call('ZADD', KEYS[3], 0, six(due) .. ARGV[1])
  -- The letters are kept for as long as the last of their journeys, of which one that has not concluded has no end yet.
  if kept < 0 then
    redis.call('PERSIST', KEYS[3])
  elseif letters ~= -1 and kept > letters then
    redis.call('PEXPIRE', KEYS[3], kept)
  end
end
return 1

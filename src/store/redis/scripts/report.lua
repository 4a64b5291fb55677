-- Brings word of a leased delivery, unless somebody else has taken the lease over.
--
-- KEYS: the journey's deliveries, the shard's waiting deliveries, the merchant's dead letters
-- ARGV: the delivery, by whom it is held, ahead, its state, what was heard ('' where nothing was tried), how long it
--       waits, prefix of deliveries' keys
-- lease.lua says what a delivery and its record are. Answers 1 when it is written (also before), else 0.
local place = string.sub(ARGV[1], 8)
local record = redis.call('HGET', KEYS[1], place)
if not record or string.sub(record, 18) ~= ARGV[2] then
  return 0
elseif string.sub(record, 17, 17) ~= 'h' then
  return 1
end

local due = clock(ARGV[3]) + ARGV[6]
local tried = string.sub(record, 2, 4)
if ARGV[5] ~= '' then
  tried = string.char(math.min(string.byte(tried) + 1, 255)) .. ARGV[5]
end
record = ARGV[4] .. tried .. string.sub(record, 5, 10) .. six(due) .. '-' .. ARGV[2]
redis.call('HSET', KEYS[1], place, record)

local state = string.byte(ARGV[4])
if state == 0 then
  redis.call('ZADD', KEYS[2], due, ARGV[1])
  return 1
end
redis.call('ZREM', KEYS[2], ARGV[1])
if state >= 2 then
  local kept, letters = redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[3])
  redis.call('ZADD', KEYS[3], 0, six(due) .. ARGV[1])
  -- The letters are kept for as long as the last of their journeys, of which one that has not settled has no end yet;
  -- some of the oldest may have lost theirs.
  if kept < 0 then
    redis.call('PERSIST', KEYS[3])
  elseif letters ~= -1 and kept > letters then
    redis.call('PEXPIRE', KEYS[3], kept)
  end
  for _, letter in ipairs(redis.call('ZRANGE', KEYS[3], 0, 3)) do
    if redis.call('HEXISTS', ARGV[7] .. string.sub(letter, 7, 13), string.sub(letter, 14)) == 0 then
      redis.call('ZREM', KEYS[3], letter)
    end
  end
end
return 1

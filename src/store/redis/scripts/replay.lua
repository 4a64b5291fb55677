-- Makes a delivery due now; one that has ended begins anew, where that is wanted.
--
-- KEYS: the journey's deliveries, the shard's waiting deliveries, the merchant's dead letters, the journey, the merchant's
--       deliveries that were not tried
-- ARGV: the delivery, ahead, how long its journey is kept at the least; '' where one that has ended is left alone
-- lease.lua says what a delivery and its record are. Answers 1, or 0 when there is no such delivery, or none that waits.
local place = string.sub(ARGV[1], 8)
local record = redis.call('HGET', KEYS[1], place)
if not record or redis.call('EXISTS', KEYS[4]) == 0 then
  return 0
end

local now = clock(ARGV[2])
if string.byte(record) == 0 then
  if string.sub(record, 15, 15) == 'h' or moment(string.sub(record, 9, 14)) <= now then
    return 1
  end
  record = string.sub(record, 1, 8) .. six(now) .. string.sub(record, 15)
elseif ARGV[4] == '' then
  return 0
else
  redis.call('ZREM', KEYS[3], string.sub(record, 9, 14) .. ARGV[1])
  redis.call('ZADD', KEYS[5], 0, six(now) .. ARGV[1])
  record = string.char(0, 0) .. six(now) .. six(now) .. '-' .. string.rep('\0', 8) .. string.sub(record, 24)
  for _, key in ipairs({KEYS[1], KEYS[4]}) do
    local kept = redis.call('PTTL', key)
    if kept >= 0 and kept < tonumber(ARGV[3]) then
      redis.call('PEXPIRE', key, ARGV[3])
    end
  end
end
redis.call('HSET', KEYS[1], place, record)
redis.call('ZADD', KEYS[2], rank(record, now), ARGV[1])
return 1

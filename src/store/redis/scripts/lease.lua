-- Leaves deliveries that are due to one courier for a while.
--
-- KEYS: the shard's waiting deliveries; then, for each delivery to try: its journey's deliveries, its journey
-- ARGV: ahead, for how long, by whom; then the deliveries to try
-- A delivery is its journey's number (7 bytes) and its place in the journey (2). Its record has its state (1 byte), its
-- tries (1), since when it waits (6), when it is due (6), whether it is held (1), by whom (8); then its attempts, each of
-- 13 bytes, of which the last one says how many follow.
-- Answers, for each that was leased: the delivery, its record, its journey.
local now = clock(ARGV[1])
local leased = {}
for i = 4, #ARGV do
  local deliveries, of, place = KEYS[2 * i - 6], KEYS[2 * i - 5], string.sub(ARGV[i], 8)
  local at = redis.call('ZSCORE', KEYS[1], ARGV[i])
  local record = at and redis.call('HGET', deliveries, place)
  local journey = record and redis.call('GET', of)
  local own = journey and string.sub(record, 15, 23) == 'h' .. ARGV[3]
  if at and not journey then
    redis.call('ZREM', KEYS[1], ARGV[i])
  elseif journey and (own or tonumber(at) <= rank(record, now)) then
    if not own then
      record = string.sub(record, 1, 14) .. 'h' .. ARGV[3] .. string.sub(record, 24)
      redis.call('HSET', deliveries, place, record)
      redis.call('ZADD', KEYS[1], rank(record, now + ARGV[2]), ARGV[i])
    end
    leased[#leased + 1] = {ARGV[i], record, journey}
  end
end
return leased

-- Erases a journey, its deliveries and its places.
--
-- KEYS: the journey, its deliveries, the due set, the shard's waiting deliveries, its merchant's indexes of unproven and of
--       proven journeys, its dead letters, its deliveries that were not tried and those that are failing; then, if it is
--       about one, its user's index
-- ARGV: number, place (13 bytes, and its user behind it)
-- lease.lua says what a delivery and its record are. Answers 1, or 0 when the journey was gone.
local records = redis.call('HGETALL', KEYS[2])
for i = 1, #records, 2 do
  local delivery = ARGV[1] .. records[i]
  redis.call('ZREM', KEYS[4], delivery)
  redis.call('ZREM', KEYS[7], string.sub(records[i + 1], 9, 14) .. delivery)
  redis.call('ZREM', KEYS[8], string.sub(records[i + 1], 3, 8) .. delivery)
  redis.call('ZREM', KEYS[9], string.sub(records[i + 1], 3, 8) .. delivery)
end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[2])
redis.call('ZREM', KEYS[6], ARGV[2])
if KEYS[10] then
  redis.call('ZREM', KEYS[10], string.sub(ARGV[2], 1, 13))
end
redis.call('DEL', KEYS[2])
return redis.call('DEL', KEYS[1])

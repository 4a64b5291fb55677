-- Adds trouble to a merchant's events, unless the same was added a short time ago.
--
-- KEYS: what remembers the trouble, and the index of events, both in the trouble's shard
-- ARGV: ahead, for how long nothing is said of it again, the journey's number and the event
local now, quiet_until = clock(ARGV[1]), redis.call('GET', KEYS[1])
if quiet_until and now < moment(quiet_until) then
  return 0
end
redis.call('SET', KEYS[1], six(now + ARGV[2]), 'PX', ARGV[2])
redis.call('ZADD', KEYS[2], 0, six(now) .. ARGV[3])
return 1

-- Lists a merchant's events in a shard, the oldest first, but for those that are too new.
--
-- KEYS: its index of events
-- ARGV: ahead, how old an event is before it is listed, where to begin, how many at the most
-- Answers their places.
local to = '(' .. six(clock(ARGV[1]) - ARGV[2])
return redis.call('ZRANGEBYLEX', KEYS[1], ARGV[3], to, 'LIMIT', 0, ARGV[4])

-- Lists a merchant's events in a shard, the oldest first, but for those that are too new.
--
-- KEYS: its index of events
-- ARGV: ahead, how old an event is before it is listed, where to begin, how many at the most
-- Answers the moment from which on they are too new, and the places of the others.
local settled = six(clock(ARGV[1]) - ARGV[2])
return {settled, redis.call('ZRANGEBYLEX', KEYS[1], ARGV[3], '(' .. settled, 'LIMIT', 0, ARGV[4])}

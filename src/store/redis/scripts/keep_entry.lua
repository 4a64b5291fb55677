-- Keeps an entry of an audit log, and drops those that are older than its life.
--
-- KEYS: the log
-- ARGV: ahead, its life, the entry: its place and its record
local now = clock(ARGV[1])
redis.call('ZADD', KEYS[1], 0, ARGV[3])
redis.call('ZREMRANGEBYLEX', KEYS[1], '-', '(' .. six(math.max(0, now - ARGV[2])))
redis.call('PEXPIREAT', KEYS[1], now + ARGV[2])
return 1

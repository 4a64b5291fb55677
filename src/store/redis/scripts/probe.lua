-- Writes a mark that nobody reads, and answers the time: seconds, and microseconds behind them.
--
-- KEYS: the mark
-- ARGV: for how long it is kept
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
return redis.call('TIME')

-- The numbers of journeys that somebody has to look after, with the moments when that began, the longest due first.
--
-- KEYS: the due set
-- ARGV: ahead, the most
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock(ARGV[1]), 'WITHSCORES', 'LIMIT', 0, ARGV[2])

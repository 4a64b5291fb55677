-- The numbers of journeys whose time has run out, with the moments it did, the longest due first.
--
-- KEYS: the due set
-- ARGV: ahead, the most
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock(ARGV[1]), 'WITHSCORES', 'LIMIT', 0, ARGV[2])

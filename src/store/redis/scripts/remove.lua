-- Removes a merchant, its place in the list, and when its API keys were used.
--
-- KEYS: the merchant, the shard's list of merchants, the uses of its keys
-- ARGV: place
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
return redis.call('DEL', KEYS[1])

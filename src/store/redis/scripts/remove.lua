-- Removes a merchant, its place in the list, when its API keys were used, its sessions in the console and its audit log.
--
-- KEYS: the merchant, the shard's list of merchants, the uses of its keys, its sessions, its audit log
-- ARGV: place
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
redis.call('DEL', KEYS[4])
redis.call('DEL', KEYS[5])
return redis.call('DEL', KEYS[1])

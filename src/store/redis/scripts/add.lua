-- Adds a merchant, unless another one has its id.
--
-- KEYS: the merchant, the shard's list of merchants
-- ARGV: value, place
local present = redis.call('GET', KEYS[1])
if present then
  return present == ARGV[1] and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
return 1

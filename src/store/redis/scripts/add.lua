-- Adds a merchant, unless its id is taken.
--
-- KEYS: the merchant, the shard's list of merchants
-- ARGV: again, value, place
local present = redis.call('GET', KEYS[1])
if present then
  return (ARGV[1] == '1' and present == ARGV[2]) and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
return 1

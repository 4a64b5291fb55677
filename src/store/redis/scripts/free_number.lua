-- Frees the number of an API key, if it is this merchant's.
--
-- KEYS: the number
-- ARGV: the merchant
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1

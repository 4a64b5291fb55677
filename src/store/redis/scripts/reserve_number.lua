-- Reserves the number of an API key for a merchant, unless another one has it.
--
-- KEYS: the number
-- ARGV: the merchant
-- Answers 1 when it is this merchant's, also from before; else 0.
local present = redis.call('GET', KEYS[1])
if present then
  return present == ARGV[1] and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[1])
return 1

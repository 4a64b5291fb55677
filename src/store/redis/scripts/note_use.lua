-- Notes when an API key was used, unless a later use is known.
--
-- KEYS: the uses of its merchant's keys
-- ARGV: the number, the moment (six bytes, which sort by time)
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or known < ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return 1

-- What people would write themselves: reads a journey, compares it, and writes it concluded.
--
-- KEYS: the journey
-- ARGV: the journey as it is to be, and for how long, in milliseconds
-- Answers 1, or nothing when there is no such journey.
local journey = redis.call('GET', KEYS[1])
if not journey then
  return false
end
if journey ~= ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1

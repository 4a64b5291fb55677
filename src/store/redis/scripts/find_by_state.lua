-- The journey of a state, and its departure.
--
-- KEYS: the state
-- ARGV: again, prefix of journeys' keys
-- Answers the departure's byte and the journey, or nothing.
local state = redis.call('GET', KEYS[1])
if not state then
  return false
end
local journey = redis.call('GET', ARGV[2] .. string.sub(state, 1, 7))
return journey and {string.sub(state, 8), journey}

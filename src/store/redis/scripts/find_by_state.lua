-- The journey of a state, and its departure.
--
-- KEYS: the state
-- ARGV: prefix of journeys' keys, ahead
-- Answers the departure's byte, the journey and the time, or nothing.
local state = redis.call('GET', KEYS[1])
local journey = state and redis.call('GET', ARGV[1] .. string.sub(state, 1, 7))
return journey and {string.sub(state, 8), journey, six(clock(ARGV[2]))}

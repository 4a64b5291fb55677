-- What a claim has opened before.
--
-- KEYS: the claim
-- ARGV: prefix of journeys' keys, ahead, request
-- Answers nothing; REUSED; REPEATED and the journey.
local claim = redis.call('GET', KEYS[1])
if not claim or moment(string.sub(claim, 1, 6)) <= clock(ARGV[2]) then
  return false
end
if string.sub(claim, 7, 22) ~= ARGV[3] then
  return {'REUSED'}
end
local first = redis.call('GET', ARGV[1] .. string.sub(claim, 23))
return first and {'REPEATED', first}

-- What a claim has written into a profile before.
--
-- KEYS: the claim
-- ARGV: ahead, request
-- Answers nothing; REUSED; REPEATED and the number.
local claim = redis.call('GET', KEYS[1])
if not claim or moment(string.sub(claim, 1, 6)) <= clock(ARGV[1]) then
  return false
end
if string.sub(claim, 7, 22) ~= ARGV[2] then
  return {'REUSED'}
end
return {'REPEATED', string.sub(claim, 23)}

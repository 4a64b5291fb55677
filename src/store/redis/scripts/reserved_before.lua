-- What a reservation has opened before.
--
-- KEYS: the reservation
-- ARGV: ahead, request
-- Answers nothing; REUSED; REPEATED and the number of the journey.
local reservation = redis.call('GET', KEYS[1])
if not reservation or moment(string.sub(reservation, 1, 6)) <= clock(ARGV[1]) then
  return false
end
if string.sub(reservation, 7, 22) ~= ARGV[2] then
  return {'REUSED'}
end
return {'REPEATED', string.sub(reservation, 23)}

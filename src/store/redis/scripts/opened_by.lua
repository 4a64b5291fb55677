-- What a reservation has opened before.
--
-- KEYS: the reservation
-- ARGV: prefix of journeys' keys, ahead, request
-- Answers nothing; REUSED; REPEATED and the journey.
local reservation = redis.call('GET', KEYS[1])
if not reservation or moment(string.sub(reservation, 1, 6)) <= clock(ARGV[2]) then
  return false
end
if string.sub(reservation, 7, 22) ~= ARGV[3] then
  return {'REUSED'}
end
local first = redis.call('GET', ARGV[1] .. string.sub(reservation, 23))
return first and {'REPEATED', first}

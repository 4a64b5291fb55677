-- Reserves a key for a request.
--
-- KEYS: the reservation
-- ARGV: ahead, remembered for, request, the caller's own mark
-- The mark is the same in a caller's own retry, and another in a repetition.
local now = clock(ARGV[1])
local reservation = redis.call('GET', KEYS[1])
if reservation and moment(string.sub(reservation, 1, 6)) > now then
  if string.sub(reservation, 7, 22) ~= ARGV[3] then
    return 'REUSED'
  end
  return string.sub(reservation, 23) == ARGV[4] and 'FRESH' or 'REPEATED'
end
local forgotten = now + ARGV[2]
redis.call('SET', KEYS[1], six(forgotten) .. ARGV[3] .. ARGV[4], 'PXAT', forgotten)
return 'FRESH'

-- Writes a profile over the revision before it, and the reservation of the request that asked for it.
--
-- KEYS: the merchant, the reservation (if there is one)
-- ARGV: revision before, value, ahead, remembered for, request, the number to answer later
-- Answers DONE (also when it was written before), STALE, REUSED, or REPEATED and the number.
local value = ARGV[2]
local present = redis.call('GET', KEYS[1])

local now = 0
if KEYS[2] then
  now = clock(ARGV[3])
  local reservation = redis.call('GET', KEYS[2])
  if reservation and moment(string.sub(reservation, 1, 6)) > now then
    local number = string.sub(reservation, 23)
    if string.sub(reservation, 7, 22) ~= ARGV[5] then
      return {'REUSED'}
    elseif number ~= ARGV[6] or present ~= value then
      return {'REPEATED', number}
    end
  end
end

if present == value then
  return {'DONE'}
elseif not present or string.sub(present, 1, 4) ~= ARGV[1] then
  return {'STALE'}
end
redis.call('SET', KEYS[1], value)
if KEYS[2] then
  local forgotten = now + ARGV[4]
  redis.call('SET', KEYS[2], six(forgotten) .. ARGV[5] .. ARGV[6], 'PXAT', forgotten)
end
return {'DONE'}

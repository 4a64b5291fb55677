-- Stores a journey, its places in the indexes, its deliveries, and the reservation that opened it.
--
-- KEYS: the journey, its merchant's index, the due set; then, if it has them: its user's index, the reservation, its
--       deliveries, the shard's waiting ones and its merchant's that have not ended
-- ARGV: value, place (13 bytes, and its user behind it), number, due at, the number of a journey that is gone or '', ahead,
--       remembered for, request or '' without a reservation; and only if it leaves deliveries: in how long they are due,
--       the record of each, their places
-- Answers NEW; REUSED; REPEATED and the number of the journey that the same reservation opened before, unless that is
-- gone; TAKEN and the journey that has this number, which may be this very one.
local place = string.sub(ARGV[2], 1, 13)
local last = 3
local function key()
  last = last + 1
  return KEYS[last]
end
local of_user = ARGV[2] ~= place and key()
local reserved = ARGV[8] ~= '' and key()

local now = (reserved or ARGV[9]) and clock(ARGV[6])
if reserved then
  local reservation = redis.call('GET', reserved)
  if reservation and moment(string.sub(reservation, 1, 6)) > now then
    local number = string.sub(reservation, 23)
    if string.sub(reservation, 7, 22) ~= ARGV[8] then
      return {'REUSED'}
    elseif number ~= ARGV[3] and number ~= ARGV[5] then
      return {'REPEATED', number}
    end
  end
end

local present = redis.call('GET', KEYS[1])
if present then
  return {'TAKEN', present}
end

-- It is kept until it has concluded, and from then on for as long as that says.
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
if of_user then
  redis.call('ZADD', of_user, 0, place)
end
if reserved then
  local forgotten = now + ARGV[7]
  redis.call('SET', reserved, six(forgotten) .. ARGV[8] .. ARGV[3], 'PXAT', forgotten)
end
if ARGV[9] then
  local deliveries, waiting, pending = key(), key(), key()
  for i = 11, #ARGV do
    redis.call('HSET', deliveries, ARGV[i], ARGV[10])
    redis.call('ZADD', waiting, now + ARGV[9], ARGV[3] .. ARGV[i])
    redis.call('ZADD', pending, 0, string.sub(ARGV[10], 3, 8) .. ARGV[3] .. ARGV[i])
  end
end
return {'NEW'}

-- Drops the places of journeys that have expired from a merchant's index, a stretch of it at a time, and from their
-- users' indexes.
--
-- KEYS: the index
-- ARGV: prefix of journeys' keys, from, to, the most, prefix of users' indexes
-- A place (13 bytes, of which the last 7 are the number) has its user behind it, if its journey is about one.
-- Answers how many it dropped, and the place it came to, or nothing for that when it came to the end.
local places = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local gone = {}
for _, place in ipairs(places) do
  if redis.call('EXISTS', ARGV[1] .. string.sub(place, 7, 13)) == 0 then
    gone[#gone + 1] = place
    if #place > 13 then
      redis.call('ZREM', ARGV[5] .. string.sub(place, 14), string.sub(place, 1, 13))
    end
  end
end
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
end
return {#gone, #places == tonumber(ARGV[4]) and places[#places]}

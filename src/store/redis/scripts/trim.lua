-- Drops the places of journeys that have expired from an index, a stretch of it at a time.
--
-- KEYS: the index
-- ARGV: prefix of journeys' keys, from, to, the most
-- Answers how many it dropped, and the place it came to, or nothing for that when it came to the end.
local places = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local gone = {}
for _, place in ipairs(places) do
  if redis.call('EXISTS', ARGV[1] .. string.sub(place, 7)) == 0 then
    gone[#gone + 1] = place
  end
end
if #gone > 0 then
  redis.call('ZREM', KEYS[1], unpack(gone))
end
return {#gone, #places == tonumber(ARGV[4]) and places[#places]}

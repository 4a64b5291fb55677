-- Writes down, once, which house a store belongs to: its number of shards, and the fingerprint of its current key.
--
-- KEYS: the house
-- ARGV: shards, fingerprints (the current one first)
-- Answers what is written there now.
local own = ARGV[1] .. ' ' .. ARGV[2]
local house = redis.call('GET', KEYS[1])
local ours = not house
for i = 2, #ARGV do
  ours = ours or house == ARGV[1] .. ' ' .. ARGV[i]
end
if ours and house ~= own then
  redis.call('SET', KEYS[1], own)
  return own
end
return house

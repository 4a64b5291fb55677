-- Writes down, once, which gateway a store belongs to: its number of shards, and the fingerprint of its current key.
--
-- KEYS: the owner
-- ARGV: shards, fingerprints (the current one first)
-- Answers what is written there now.
local own = ARGV[1] .. ' ' .. ARGV[2]
local owner = redis.call('GET', KEYS[1])
local ours = not owner
for i = 2, #ARGV do
  ours = ours or owner == ARGV[1] .. ' ' .. ARGV[i]
end
if ours and owner ~= own then
  redis.call('SET', KEYS[1], own)
  return own
end
return owner

-- Writes down, once, which tested a store belongs to: its number of shards, and the fingerprint of its current key.
--
-- KEYS: the tested
-- ARGV: shards, fingerprints (the current one first)
-- Answers what is written there now.
local own = ARGV[1] .. ' ' .. ARGV[2]
local tested = redis.call('GET', KEYS[1])
local ours = not tested
for i = 2, #ARGV do
  ours = ours or tested == ARGV[1] .. ' ' .. ARGV[i]
end
if ours and tested ~= own then
  redis.call('SET', KEYS[1], own)
  return own
end
return tested

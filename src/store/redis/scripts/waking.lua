-- Deliveries that a courier may take, and their ranks (see `rank`): those first that were never tried, then the others, of
-- each kind the longest due first.
--
-- KEYS: the shard's waiting deliveries
-- ARGV: ahead, the most
local now, most = clock(ARGV[1]), tonumber(ARGV[2])
local waking = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
local left = most - #waking / 2
if left > 0 then
  local tried = redis.call('ZRANGEBYSCORE', KEYS[1], tried_before, tried_before + now, 'WITHSCORES', 'LIMIT', 0, left)
  for i = 1, #tried do
    waking[#waking + 1] = tried[i]
  end
end
return waking

-- Stores a user, its place, and its merchant's own name of it, unless that is taken.
--
-- KEYS: the user, its merchant's users in this shard, the name (if it has one)
-- ARGV: value, place, id
-- Answers the id of the user that is there already, which may be this very one; nothing when it is stored.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return ARGV[3]
end
if KEYS[3] then
  local id = redis.call('GET', KEYS[3])
  if id then
    return id
  end
  redis.call('SET', KEYS[3], ARGV[3])
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
return false

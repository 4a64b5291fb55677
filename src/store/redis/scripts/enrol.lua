-- Stores a user, its place, and its merchant's own name of it, unless that is taken.
--
-- KEYS: the user, its merchant's users in this shard, the name (if it has one)
-- ARGV: value, place, id, prefix of users' keys
-- Answers the user that is there already, which may be this very one; nothing when it is stored.
local present = redis.call('GET', KEYS[1])
if present then
  return present
end
if KEYS[3] then
  local id = redis.call('GET', KEYS[3])
  local known = id and redis.call('GET', ARGV[4] .. id)
  if known then
    return known
  end
  redis.call('SET', KEYS[3], ARGV[3])
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
return false

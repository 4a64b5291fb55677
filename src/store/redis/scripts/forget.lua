-- Forgets a user: the name is free again, unless another user has it by now.
--
-- KEYS: the user, its merchant's users in this shard, the caller's own mark, the name (if it has one)
-- ARGV: id, place, for how long the mark is kept
-- The mark is the same in a caller's own retry, and another in a repetition. Answers 1 when there was such a user.
if redis.call('DEL', KEYS[1]) == 0 then
  return redis.call('EXISTS', KEYS[3])
end
redis.call('ZREM', KEYS[2], ARGV[2])
if KEYS[4] and redis.call('GET', KEYS[4]) == ARGV[1] then
  redis.call('DEL', KEYS[4])
end
redis.call('SET', KEYS[3], '', 'PX', ARGV[3])
return 1

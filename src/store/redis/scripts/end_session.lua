-- Ends a session.
--
-- KEYS: the sessions of its console, the caller's own mark
-- ARGV: the session's id, for how long the mark is kept
-- The mark is the same in a caller's own retry, and another in a repetition. Answers 1 when there was such a session.
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then
  return redis.call('EXISTS', KEYS[2])
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return 1

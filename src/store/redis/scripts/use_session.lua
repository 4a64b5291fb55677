-- The session of this id, if it goes on, which is used now.
--
-- KEYS: the sessions of its console
-- ARGV: ahead, the session's id, how long it goes on unused, how exactly its last use is kept
local now = clock(ARGV[1])
local session = redis.call('HGET', KEYS[1], ARGV[2])
if not session or moment(string.sub(session, 1, 6)) <= now then
  return false
end
local unused = now - moment(string.sub(session, 13, 18))
if unused >= tonumber(ARGV[3]) then
  return false
end
if unused >= tonumber(ARGV[4]) then
  session = string.sub(session, 1, 12) .. six(now) .. string.sub(session, 19)
  redis.call('HSET', KEYS[1], ARGV[2], session)
end
return session

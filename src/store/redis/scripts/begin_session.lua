-- Uses a sign-in link up, and begins a session: when it ends, began and was last used (6 bytes each), and its member.
--
-- KEYS: the link, the sessions of its console
-- ARGV: ahead, the session's id, its life
-- The same session tried again is answered as it stands. Those that have ended are dropped.
local now = clock(ARGV[1])
local begun = redis.call('HGET', KEYS[2], ARGV[2])
if begun then
  return begun
end
local link = redis.call('GET', KEYS[1])
if not link or moment(string.sub(link, 1, 6)) <= now then
  return false
end
redis.call('DEL', KEYS[1])
local all = redis.call('HGETALL', KEYS[2])
for place = 1, #all, 2 do
  if moment(string.sub(all[place + 1], 1, 6)) <= now then
    redis.call('HDEL', KEYS[2], all[place])
  end
end
local ends_at = now + ARGV[3]
local session = six(ends_at) .. six(now) .. six(now) .. string.sub(link, 7)
redis.call('HSET', KEYS[2], ARGV[2], session)
redis.call('PEXPIREAT', KEYS[2], ends_at)
return session

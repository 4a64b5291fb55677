-- The sessions of a console that go on, each behind its id.
--
-- KEYS: its sessions
-- ARGV: ahead, how long a session goes on unused
local now, going_on = clock(ARGV[1]), {}
local all = redis.call('HGETALL', KEYS[1])
for place = 1, #all, 2 do
  local session = all[place + 1]
  local unused = now - moment(string.sub(session, 13, 18))
  if moment(string.sub(session, 1, 6)) > now and unused < tonumber(ARGV[2]) then
    going_on[#going_on + 1] = all[place]
    going_on[#going_on + 1] = session
  end
end
return going_on

-- The member of a sign-in link, while it can be used.
--
-- KEYS: the link
-- ARGV: ahead
local link = redis.call('GET', KEYS[1])
if link and moment(string.sub(link, 1, 6)) > clock(ARGV[1]) then
  return string.sub(link, 7)
end
return false

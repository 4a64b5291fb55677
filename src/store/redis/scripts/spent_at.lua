-- When a token was spent, while that is remembered.
--
-- KEYS: the token
-- ARGV: ahead, remembered for
local token = redis.call('GET', KEYS[1])
local spent = token and string.sub(token, 38, 51) or ''
if spent == '' or clock(ARGV[1]) >= spent + ARGV[2] then
  return false
end
return spent

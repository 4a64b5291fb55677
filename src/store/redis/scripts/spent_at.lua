-- When a token was spent, while that is remembered.
--
-- KEYS: the token
-- ARGV: ahead, remembered for
local token = redis.call('GET', KEYS[1])
if not token or #token <= 29 then
  return false
end
local at = string.sub(token, 24, 29)
return clock(ARGV[1]) < moment(at) + ARGV[2] and at

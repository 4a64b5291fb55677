-- Redeems a token, once: the first attempt wins, and the same attempt is granted again while it is remembered.
--
-- KEYS: the token
-- ARGV: merchant, attempt, ahead, remembered for, prefix of journeys' keys
-- A token is a number (7 bytes), a merchant (16) and the moment it expires (14 digits); a spent one has the moment it
-- was spent (14 digits) and the attempt (32 bytes) behind that.
local token = redis.call('GET', KEYS[1])
if not token or string.sub(token, 8, 23) ~= ARGV[1] then
  return {'UNKNOWN'}
end

local now, remembered = clock(ARGV[3]), tonumber(ARGV[4])
local expires, spent = string.sub(token, 24, 37), string.sub(token, 38, 51)
if spent ~= '' then
  if now >= spent + remembered then
    return {'UNKNOWN'}
  elseif string.sub(token, 52) ~= ARGV[2] then
    return {'SPENT', spent}
  end
elseif now >= expires + remembered then
  return {'UNKNOWN'}
elseif now >= tonumber(expires) then
  return {'EXPIRED', expires}
end

local journey = redis.call('GET', ARGV[5] .. string.sub(token, 1, 7))
if not journey then
  return {'UNKNOWN'}
elseif string.sub(journey, 9, 9) ~= 's' then
  return {'PENDING'}
elseif spent == '' then
  spent = digits(now)
  redis.call('SET', KEYS[1], token .. spent .. ARGV[2], 'PXAT', now + remembered)
end
return {'GRANTED', spent, journey}

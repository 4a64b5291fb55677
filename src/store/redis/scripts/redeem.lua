-- Redeems a token, once: the first attempt wins, and the same attempt is granted again while it is remembered.
--
-- KEYS: the token
-- ARGV: merchant, attempt, ahead, remembered for, prefix of journeys' keys
-- A token is a number (7 bytes), a merchant (16) and the moment when it expires (6); a spent one has the moment when it
-- was spent instead, and the attempt (16) behind that.
local token = redis.call('GET', KEYS[1])
if not token or string.sub(token, 8, 23) ~= ARGV[1] then
  return {'UNKNOWN'}
end

local now, at, attempt = clock(ARGV[3]), string.sub(token, 24, 29), string.sub(token, 30)
if now >= moment(at) + ARGV[4] then
  return {'UNKNOWN'}
elseif attempt ~= '' and attempt ~= ARGV[2] then
  return {'SPENT', at}
elseif attempt == '' and now >= moment(at) then
  return {'EXPIRED', at}
end

local journey = redis.call('GET', ARGV[5] .. string.sub(token, 1, 7))
if not journey then
  return {'UNKNOWN'}
elseif attempt == '' then
  if string.sub(journey, 9, 9) ~= 's' then
    return {'PENDING', journey}
  end
  at = six(now)
  redis.call('SET', KEYS[1], string.sub(token, 1, 23) .. at .. ARGV[2], 'PXAT', now + ARGV[4])
end
return {'GRANTED', at, journey}

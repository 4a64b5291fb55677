-- Redeems a token, once: the first attempt wins, and the same attempt is granted again.
--
-- KEYS: the journey
-- ARGV: token, attempt, ahead
local journey = redis.call('GET', KEYS[1])
local tokens = journey and tokens_of(journey)
local place = journey and place_of(tokens, ARGV[1])
if not place then
  return {'UNKNOWN'}
end

local now, at = clock(ARGV[3]), string.sub(tokens, place + 16, place + 21)
local attempt = string.sub(tokens, place + 22, place + 29)
if attempt == ARGV[2] then
  return {'GRANTED', at, journey}
elseif attempt ~= unspent then
  return {'SPENT', at}
elseif now >= moment(at) then
  return {'EXPIRED', at}
elseif string.sub(journey, 5, 5) ~= 's' then
  return {'PENDING', journey}
end
at = six(now)
tokens = string.sub(tokens, 1, place + 15) .. at .. ARGV[2] .. string.sub(tokens, place + 30)
redis.call('SET', KEYS[1], with_tokens(string.sub(journey, 1, 5), tokens, record_of(journey)), 'KEEPTTL')
return {'GRANTED', at, journey}

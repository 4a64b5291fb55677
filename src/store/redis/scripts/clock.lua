-- Now, in milliseconds by the store's own clock, plus how far the caller's is ahead of it: zero, except in tests.
local function clock(ahead)
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ahead)
end

-- A moment as 14 digits, as it stands inside values; commands take the number itself.
local function digits(moment)
  return string.format('%014.0f', moment)
end


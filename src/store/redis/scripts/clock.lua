-- Now, in milliseconds by the store's own clock, plus how far the caller's is ahead of it: zero, except in tests.
local function clock(ahead)
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000) + ahead
end

-- A moment as the six bytes that stand for it inside values, and back.
local function six(moment)
  return struct.pack('>I6', moment)
end

local function moment(six)
  return (struct.unpack('>I6', six))
end


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

-- Where a delivery of this record stands among those that wait, when a courier may take it at this moment: what was tried
-- before stands behind all that was not. 2^50 milliseconds are in the year 37648, and a score is exact up to 2^53.
local tried_before = 1125899906842624
local function rank(record, moment)
  if string.byte(record, 2) > 0 then
    return moment + tried_before
  end
  return moment
end

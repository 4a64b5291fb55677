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

-- A journey's value: its revision (4 bytes); `u` while its unspent tokens wait for a fact, else `s` (1); how many tokens it
-- has (1); these, 30 bytes each; its record. A token is the beginning of its digest (16 bytes), the moment when it expires
-- or was spent (6), and the attempt that spent it (8).
local unspent = string.rep('\0', 8)
local function tokens_of(value)
  return string.sub(value, 7, 6 + 30 * string.byte(value, 6))
end
local function record_of(value)
  return string.sub(value, 7 + 30 * string.byte(value, 6))
end
local function with_tokens(revision_and_letter, tokens, record)
  return revision_and_letter .. string.char(#tokens / 30) .. tokens .. record
end

-- Where a token stands among others, if it does.
local function place_of(tokens, token)
  for place = 1, #tokens, 30 do
    if string.sub(tokens, place, place + 15) == token then
      return place
    end
  end
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

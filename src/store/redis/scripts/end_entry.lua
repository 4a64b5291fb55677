-- Ends an entry of an audit log that was begun: another takes its place, unless that one is there already, or none does.
--
-- KEYS: the log
-- ARGV: ahead, the log's life, the place of the entry that was begun, the other entry: its place and its record, or empty
local now = clock(ARGV[1])
redis.call('ZREMRANGEBYLEX', KEYS[1], '[' .. ARGV[3], '(' .. ARGV[3] .. '\255')
if ARGV[4] ~= '' then
  local place = string.sub(ARGV[4], 1, #ARGV[3])
  if #redis.call('ZRANGEBYLEX', KEYS[1], '[' .. place, '(' .. place .. '\255', 'LIMIT', 0, 1) == 0 then
    redis.call('ZADD', KEYS[1], 0, ARGV[4])
  end
  redis.call('PEXPIREAT', KEYS[1], now + ARGV[2])
end
return 1

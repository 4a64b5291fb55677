-- Keeps a sign-in link of the console: when it ends (6 bytes), and its member.
--
-- KEYS: the link
-- ARGV: ahead, its life, member
local ends_at = clock(ARGV[1]) + ARGV[2]
redis.call('SET', KEYS[1], six(ends_at) .. ARGV[3], 'NX', 'PXAT', ends_at)
return 1

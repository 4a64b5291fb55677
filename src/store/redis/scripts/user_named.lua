-- The user of a name.
--
-- KEYS: the name
-- ARGV: prefix of users' keys
local id = redis.call('GET', KEYS[1])
return id and redis.call('GET', ARGV[1] .. id)

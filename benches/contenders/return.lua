-- A return handler in nginx with Lua: for each state it asks Redis what a recorded return asked
-- (benches/contenders/exchange.rs), and sends the browser where that was sent.
local redis = require 'nginx.redis'
local byte, sub = string.byte, string.sub

local function number(bytes, at)
  local high, low = byte(bytes, at, at + 1)
  return high * 256 + low, at + 2
end

local function text(bytes, at)
  local length, from = number(bytes, at)
  return sub(bytes, from, from + length - 1), from + length
end

local return_ = { exchanges = {} }

-- Reads the file once, before there are workers.
function return_.load(path)
  local file = assert(io.open(path, 'rb'))
  while true do
    local head = file:read(4)
    if not head then
      break
    end
    local a, b, c, d = byte(head, 1, 4)
    local exchange = file:read(((a * 256 + b) * 256 + c) * 256 + d)
    return_.exchanges[text(exchange, 1)] = exchange
  end
  file:close()
end

local function ask(connection, exchange)
  local _, at = text(exchange, 1)
  local location, commands, arguments, reply
  location, at = text(exchange, at)
  commands, at = number(exchange, at)
  for _ = 1, commands do
    arguments, at = number(exchange, at)
    local command = {}
    for i = 1, arguments do
      command[i], at = text(exchange, at)
    end
    reply = connection[command[1]](connection, unpack(command, 2))
    if not reply or reply == ngx.null then
      return nil
    end
  end
  return reply == 1 and location
end

function return_.take(port)
  local exchange = return_.exchanges[ngx.var.arg_state]
  if not exchange then
    return ngx.exit(404)
  end
  local connection = redis:new()
  if not connection:connect('127.0.0.1', port) then
    return ngx.exit(502)
  end
  local location = ask(connection, exchange)
  connection:set_keepalive(60000, 100)
  if not location then
    return ngx.exit(500)
  end
  ngx.header['Cache-Control'] = 'no-store'
  return ngx.redirect(location, 303)
end

return return_

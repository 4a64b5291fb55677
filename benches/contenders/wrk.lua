-- What wrk sends: a request for each line of a file, once, from a line on.
--
-- wrk … -s wrk.lua URL -- REQUEST LINES FROM [again]: REQUEST is a file with a whole request, in which `%s` stands for
-- the line. With `again` the last line is followed by the first. At the end it writes: requests, microseconds, those
-- that failed, and how many it has sent.
local threads = {}
local requests, again = {}, false
used = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  local whole = file:read('*a')
  file:close()
  local from, n = tonumber(args[3]), 0
  again = args[4] == 'again'
  for line in io.lines(args[2]) do
    n = n + 1
    if n >= from then
      requests[#requests + 1] = (string.gsub(whole, '%%s', line))
    end
  end
end

function request()
  if used == #requests and not again then
    error('there are too few lines for so long a run')
  end
  used = used + 1
  return requests[(used - 1) % #requests + 1]
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('RESULT %d %d %d %d\n', summary.requests, summary.duration, failed, threads[1]:get('used')))
end

-- The script that wrk runs: send ready-made requests in turn, count answers by status, report as one line of JSON.
-- Usage: wrk ... URL -- FOLDER COUNT DELAY_MS, where FOLDER holds whole HTTP requests 0.http to COUNT-1.http.

local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *now); ]]
local MONOTONIC = 1
local moment = ffi.new("moment")

local requests, turn = {}, 0
local threads = {}
local first

-- Read by done() from outside this thread: globals. The sums are those of a least-squares line through the points
-- (time of the k-th good answer, k), whose slope is the rate.
statuses = {}
good, span, sum_t, sum_tt, sum_tk = 0, 0, 0, 0, 0

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  for number = 0, tonumber(arguments[2]) - 1 do
    local file = assert(io.open(string.format("%s/%d.http", arguments[1], number), "rb"))
    requests[number] = file:read("*a")
    file:close()
  end
  local pause = tonumber(arguments[3])
  if pause > 0 then
    -- Spread out, lest all connections send at once.
    delay = function() return math.floor(pause * (0.5 + math.random()) + 0.5) end
  end
end

function request()
  turn = (turn + 1) % (#requests + 1)
  return requests[turn]
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
  if status ~= 200 then return end
  ffi.C.clock_gettime(MONOTONIC, moment)
  local now = tonumber(moment.seconds) + tonumber(moment.nanoseconds) * 1e-9
  first = first or now
  local t = now - first
  good, span = good + 1, t
  sum_t, sum_tt, sum_tk = sum_t + t, sum_tt + t * t, sum_tk + t * good
end

function done(summary, latency)
  local began = os.clock()
  local thread = threads[1]
  local counts, latencies = {}, {}
  for status, count in pairs(thread:get("statuses")) do
    table.insert(counts, string.format('"%d":%d', status, count))
  end
  for number = 1, #latency do
    table.insert(latencies, string.format("[%d,%d]", latency(number)))
  end
  local errors = summary.errors
  print(string.format(
    'RESULT {"microseconds":%d,"requests":%d,"statuses":{%s},"latencies":[%s],' ..
    '"good":%d,"span":%.6f,"sum_t":%.9e,"sum_tt":%.9e,"sum_tk":%.9e,' ..
    '"connect":%d,"read":%d,"write":%d,"timeout":%d,"report_seconds":%.6f}',
    summary.duration, summary.requests, table.concat(counts, ","), table.concat(latencies, ","),
    thread:get("good"), thread:get("span"), thread:get("sum_t"), thread:get("sum_tt"), thread:get("sum_tk"),
    errors.connect, errors.read, errors.write, errors.timeout, os.clock() - began))
end

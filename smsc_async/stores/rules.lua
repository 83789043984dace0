-- The rules of one account, for several messages: what rules/engine.py decides in Python.
--
-- KEYS: the account's next free instant, its workers, until when no turn is assigned, then for each
--       call: its request, its recipient's streak; last, the turns before that instant that were
--       given back, a sorted set.
-- ARGV: the instant, or empty for the server's own; the worker's id; then JSON, a list of three. The
--       first is of the worker: how long it counts as one from now on, 0 if it leaves; since when
--       others must have called to count as present, 0 for any time; for how long from now on it
--       has assigned times without the server; the instant of its last answer, 0 if it isn't
--       counted; the last turn that it holds; until when turns are assigned by that answer. The
--       second has the different rules of the calls, each a list: window, length, gap, interval.
--       The third has a list for each call: name, token, the token it replaces, parts, how long ago
--       its first part was written, and the number of its rules, from 1. All times in microseconds;
--       0 is no rule.
-- Returns: numbers in one text with spaces between them, since redis-py reads a list element by
--          element: the instant, the account's next free one, 1 if the worker is new, the number of
--          workers, and of those that are present, 1 if state was lost; then for each call: 0, when
--          to write, 1 if it replaced another, else 0, and the earliest turn that the rules allow
--          it; or 1 (repeat), 2 (flood) or 3 (no turn is assigned), when to try again, 0 and 0.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- Lua writes a large number as 1e+15.
local function digits(number)
  return string.format('%.0f', number)
end

-- A key lives for so much longer than it is needed, in milliseconds.
local REST = 1000

local function life_until(instant)
  return digits(math.ceil((instant - now) / 1000) + REST)
end

local function expire_after(key, instant)
  redis.call('PEXPIRE', key, life_until(instant))
end

-- For so long no turn is assigned after a loss: each worker calls meanwhile, twice its heartbeat, so
-- the turns that it alone knows of are known here before they could be assigned again.
local PAUSE = 500000
local paused_until = tonumber(redis.call('GET', KEYS[3]) or 0)
if paused_until > now + PAUSE then paused_until = 0 end  -- the clock was set back

-- The account's next free instant; it is stored once, after all calls.
local stored_free_at = tonumber(redis.call('GET', KEYS[1])) or 0
local free_at = stored_free_at

local function read_request(key)
  local stored = redis.call('GET', key)
  if not stored then return nil end
  local at, token = string.match(stored, '^(%d+) (.*)$')
  return tonumber(at), token
end

local function read_streak(key)
  local streak = redis.call('HMGET', key, 'length', 'last_at')
  return tonumber(streak[1]), tonumber(streak[2])
end

local function write_request(key, at, token, window)
  redis.call('SET', key, digits(at) .. ' ' .. token, 'PX', life_until(at + window))
end

-- Each message of a streak has a field of its own, by its token: giving back twice does nothing.
local function begin_streak(key, token, parts, at, last_at, gap, is_stored)
  if is_stored then redis.call('DEL', key) end
  redis.call('HSET', key, 'began_at', digits(at), 'length', parts, 'last_at', digits(last_at),
    'm' .. token, parts)
  expire_after(key, last_at + gap)
end

local function join_streak(key, token, parts, length, last_at, gap)
  redis.call('HSET', key, 'length', length, 'last_at', digits(last_at), 'm' .. token, parts)
  expire_after(key, last_at + gap)
end

local returned = KEYS[#KEYS]
local has_returned = redis.call('EXISTS', returned) == 1

-- The first turn that was given back and isn't over.
local function returned_turn()
  return tonumber(redis.call('ZRANGEBYSCORE', returned, digits(now), '+inf', 'LIMIT', 0, 1)[1])
end

local function give_back_turn(at, interval)
  if at <= now or at >= free_at then return end
  redis.call('ZREMRANGEBYSCORE', returned, '-inf', digits(now))
  redis.call('ZADD', returned, digits(at), digits(at))
  has_returned = true
  local last = free_at
  repeat
    free_at = last
    last = tonumber(redis.call('ZRANGE', returned, -1, -1)[1])
    local is_last = last and last + interval == free_at
    if is_last then redis.call('ZREM', returned, digits(last)) end
  until not is_last
  expire_after(returned, free_at)
end

-- Returns the next turn, and whether it is one that was given back.
local function next_turn(parts)
  local turn = has_returned and parts == 1 and free_at > now and returned_turn()
  return math.max(now, turn or free_at), turn
end

local function take_turn(at, turn, parts, interval)
  if turn then
    redis.call('ZREM', returned, digits(turn))
  elseif interval > 0 then
    free_at = at + parts * interval
  end
end

local function apply(request, streak, token, replaced, parts, window, length, gap, interval)
  local at, turn = next_turn(parts)
  local last_at = at + (parts - 1) * interval
  local held, retry_at, again, earliest = 0, 0, false, 0

  if window > 0 then
    local previous_at, previous_token = read_request(request)
    if previous_at and at < previous_at + window then
      if replaced ~= '' and previous_token == replaced then
        again, token = true, replaced
      else
        held, retry_at = 1, previous_at + window
      end
    elseif previous_at and previous_token ~= replaced then
      earliest = previous_at + window
    end
  end

  local joined, streak_last_at
  if gap > 0 then
    local count
    count, streak_last_at = read_streak(streak)
    if streak_last_at and at < streak_last_at + gap then
      local is_counted = again and redis.call('HEXISTS', streak, 'm' .. token) == 1
      joined = count + (is_counted and 0 or parts)
      if joined > length and streak_last_at + gap > retry_at then
        held, retry_at = 2, streak_last_at + gap
      end
      last_at = math.max(last_at, streak_last_at)
    elseif streak_last_at then
      earliest = math.max(earliest, streak_last_at + gap)
    end
  end
  if held > 0 then return held, retry_at, 0, 0 end

  take_turn(at, turn, parts, interval)
  if window > 0 then write_request(request, at, token, window) end
  if gap > 0 then
    if joined then
      join_streak(streak, token, parts, joined, last_at, gap)
    else
      begin_streak(streak, token, parts, at, last_at, gap, streak_last_at)
    end
  end
  return 0, at, again and 1 or 0, earliest
end

local function release(request, streak, token)
  local _, previous_token = read_request(request)
  if previous_token == token then redis.call('DEL', request) end
  local parts = redis.call('HGET', streak, 'm' .. token)
  if parts then
    redis.call('HINCRBY', streak, 'length', -parts)
    redis.call('HDEL', streak, 'm' .. token)
  end
end

-- Record a message that was written or will be, whatever the rules say of it.
local function remember(request, streak, token, parts, at, window, gap, interval)
  local last_at = at + (parts - 1) * interval
  if window > 0 and at + window > now then write_request(request, at, token, window) end
  if gap > 0 and last_at + gap > now then
    local count, streak_last_at = read_streak(streak)
    if streak_last_at and at < streak_last_at + gap then
      local is_counted = redis.call('HEXISTS', streak, 'm' .. token) == 1
      local joined = count + (is_counted and 0 or parts)
      join_streak(streak, token, parts, joined, math.max(last_at, streak_last_at), gap)
    else
      begin_streak(streak, token, parts, at, last_at, gap, streak_last_at)
    end
  end
end

-- Another turn for a message that has missed its own.
local function move(request, streak, token, parts, window, gap, interval)
  local at, turn = next_turn(parts)
  take_turn(at, turn, parts, interval)
  remember(request, streak, token, parts, at, window, gap, interval)
  return 0, at, 0, 0
end

-- The workers, each with the instant of its latest call plus its life: then it is forgotten.
local function count_workers(worker, life, since)
  local workers = KEYS[2]
  if life == 0 then
    redis.call('ZREM', workers, worker)
    return 0, 0, 0
  end
  -- The first write: a server without memory refuses this one, but none that follows another.
  local is_new = redis.call('ZADD', workers, digits(now + life), worker)
  redis.call('ZREMRANGEBYSCORE', workers, '-inf', digits(now))
  expire_after(workers, now + life)
  return is_new, redis.call('ZCARD', workers),
    redis.call('ZCOUNT', workers, digits(since + life), '+inf')
end

-- Go on behind the turns that were assigned, if the server knows nothing of them any more. Signs
-- of that: a key isn't there that would live for longer, or this worker holds a turn of the future.
-- Returns 1 then.
local function restore(is_new, life, answered, held, known)
  if answered > now then return 0 end  -- the clock was set back
  local is_gone = free_at == 0 and known > now and now < answered + REST * 1000
  local is_behind = held > now and held >= free_at
  local is_lost = is_gone or is_behind or is_new == 1 and now < answered + life
  if not is_lost then return 0 end
  if (free_at == 0 or is_behind) and paused_until <= now then
    paused_until = now + PAUSE
    redis.call('SET', KEYS[3], digits(paused_until))
    expire_after(KEYS[3], paused_until)
  end
  -- Some may have been given back: the safe side.
  if known > math.max(now, free_at) then free_at = known end
  redis.call('DEL', returned)
  has_returned = false
  return 1
end

local worker, rules, calls = unpack(cjson.decode(ARGV[3]))
local life, since, assigned, answered, held, known = unpack(worker)
local is_new, workers, present = count_workers(ARGV[2], life, since)
local lost = restore(is_new, life, answered, held, known)
local assigned_until = now + assigned
if assigned_until > now and assigned_until > free_at then free_at = assigned_until end

local answers = {digits(now), '0', is_new, workers, present, lost}
for index, call in ipairs(calls) do
  local request, streak = KEYS[2 * index + 2], KEYS[2 * index + 3]
  local name, token, replaced, parts, ago, number = unpack(call)
  local window, length, gap, interval = unpack(rules[number])
  local held, at, again, earliest = 0, 0, 0, 0
  if paused_until > now and (name == 'apply' or name == 'turn') then
    held, at = 3, paused_until
  elseif name == 'apply' then
    held, at, again, earliest =
      apply(request, streak, token, replaced, parts, window, length, gap, interval)
  elseif name == 'turn' then
    held, at, again, earliest = move(request, streak, token, parts, window, gap, interval)
  elseif name == 'release' then
    release(request, streak, token)
  elseif name == 'return' then
    give_back_turn(token, interval)
  else
    remember(request, streak, token, parts, now - ago, window, gap, interval)
  end
  answers[#answers + 1] = string.format('%d %.0f %d %.0f', held, at, again, earliest)
end
answers[2] = digits(free_at)
if free_at ~= stored_free_at then
  redis.call('SET', KEYS[1], answers[2], 'PX', life_until(free_at))
end
return table.concat(answers, ' ')

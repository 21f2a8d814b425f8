-- Token buckets, timed by Redis' own clock. The arithmetic is that of memory/pace.py; one
-- contract holds both to it.
--
-- KEYS[1..n]: buckets; then names under which leave was given. ARGV[1]: what is asked, as JSON.
-- A steady or borrowed bucket is a hash: p when all taken is paid for, s and a how much it was
-- slowed down and when, b and n the burst. A cap is a list of the times its tokens were taken.

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local ask = cjson.decode(ARGV[1])
local buckets = {}

local function milliseconds(seconds)
    return math.max(1, math.ceil(seconds * 1000))
end

local function bucket(limit)
    local key = KEYS[limit.key]
    local known = buckets[key]
    if known then
        return known
    end
    known = {key = key, dirty = false}
    if limit.kind == 'cap' then
        known.taken = {}
        for _, at in ipairs(redis.call('LRANGE', key, 0, -1)) do
            if tonumber(at) > now - limit.per then
                table.insert(known.taken, tonumber(at))
            end
        end
    else
        local kept = redis.call('HMGET', key, 'p', 's', 'a', 'b', 'n')
        known.paid = tonumber(kept[1] or 0)
        known.slow = tonumber(kept[2] or 1)
        known.slowed = tonumber(kept[3] or 0)
        known.began = tonumber(kept[4] or 0)
        known.burst = tonumber(kept[5] or 0)
        known.queued = known.paid
    end
    buckets[key] = known
    return known
end

local function interval(limit, state)
    if limit.kind ~= 'steady' then
        return limit.interval
    end
    local slowness = 1 + (state.slow - 1) * 0.5 ^ ((now - state.slowed) / ask.half_life)
    return limit.interval * slowness
end

local function rounded(seconds)
    return seconds < ask.soon and 0 or seconds
end

local function wait(limit, state)
    if limit.kind == 'cap' then
        local taken = #state.taken
        if taken < limit.most then
            return 0
        end
        if limit.most == 0 then
            return limit.per
        end
        return state.taken[taken - limit.most + 1] + limit.per - now
    end
    if limit.kind == 'borrowed' then
        if now < state.began + limit.within and state.burst < limit.burst then
            return 0
        end
        return rounded(state.queued - now)
    end
    return rounded(state.queued - (limit.burst - 1) * interval(limit, state) - now)
end

local function pay(limit, state)
    state.dirty = true
    if limit.kind == 'cap' then
        table.insert(state.taken, now)
        state.lives = limit.per
        return
    end
    if limit.kind == 'borrowed' then
        if state.paid <= now then
            state.began, state.burst = now, 0
        end
        state.burst = state.burst + 1
    end
    state.paid = math.max(now, state.paid) + interval(limit, state)
    state.queued = math.max(state.queued, state.paid)
    state.lives = math.max(state.paid - now, limit.within or 0)
end

local function write(state)
    redis.call('DEL', state.key)
    if state.taken then
        for _, at in ipairs(state.taken) do
            redis.call('RPUSH', state.key, string.format('%.6f', at))
        end
    else
        redis.call('HSET', state.key,
            'p', string.format('%.6f', state.paid),
            's', string.format('%.6f', state.slow),
            'a', string.format('%.6f', state.slowed),
            'b', string.format('%.6f', state.began),
            'n', state.burst)
        if state.slow > 1 then
            state.lives = math.max(state.lives, state.slowed + 20 * ask.half_life - now)
        end
    end
    redis.call('PEXPIRE', state.key, milliseconds(state.lives))
end

local function take()
    local answers = {}
    for _, one in ipairs(ask.wanted) do
        local longest = 0
        if redis.call('EXISTS', KEYS[one.name]) == 0 then
            local waits = {}
            for index, limit in ipairs(one.limits) do
                waits[index] = wait(limit, bucket(limit))
                longest = math.max(longest, waits[index])
            end
            for index, limit in ipairs(one.limits) do
                local state = bucket(limit)
                if longest <= 0 then
                    pay(limit, state)
                elseif waits[index] > 0 and not state.taken then
                    state.queued = state.queued + interval(limit, state)
                end
            end
            if longest <= 0 then
                redis.call('SET', KEYS[one.name], 1, 'PX', milliseconds(ask.remembered))
            end
        end
        table.insert(answers, {string.format('%.6f', longest)})
    end
    return answers
end

local function slow_down()
    local limit = ask.limit
    local state = bucket(limit)
    local slowness = 1 + (state.slow - 1) * 0.5 ^ ((now - state.slowed) / ask.half_life)
    state.slow, state.slowed = math.min(ask.slowest, slowness * ask.slow_down), now
    local saved = (limit.burst - 1) * limit.interval * state.slow
    state.paid = math.max(state.paid, now + ask.pause + saved)
    state.dirty, state.lives = true, state.paid - now
    return {}
end

local function look()
    local answers = {}
    for _, limit in ipairs(ask.limits) do
        local state = bucket(limit)
        local longest, left = wait(limit, state), 0
        if longest <= 0 then
            if limit.kind == 'cap' then
                left = limit.most - #state.taken
            elseif limit.kind == 'borrowed' then
                left = state.paid <= now and limit.burst or limit.burst - state.burst
            else
                local each = interval(limit, state)
                local owed = math.max(0, state.paid - now)
                left = math.floor((limit.burst * each - owed) / each + 0.000001)
            end
        end
        table.insert(answers, {left, string.format('%.6f', longest)})
    end
    return answers
end

local answers
if ask.wanted then
    answers = take()
elseif ask.limit then
    answers = slow_down()
else
    answers = look()
end
for _, state in pairs(buckets) do
    if state.dirty then
        write(state)
    end
end
return answers

-- Every baseline frozen up to the as-of moment, as the ledger has it; the newest of a metric and segment is current.
-- grain: one baseline ever frozen per metric and segment
-- key: metric_key, segment_type, segment_key, frozen_at_utc
-- owner: service delivery lead
with frozen as (
    select
        contract_key($tenant, 'metric', b.metric) as metric_key,
        b.segment_type,
        b.segment_key,
        b.segment,
        b.value,
        b.n,
        b.ci_low,
        b.ci_high,
        b.window_start,
        b.window_end,
        b.frozen_at_utc,
        b.frozen_by_key,
        b.reason,
        s.time_zone
    from ledger.baseline as b
    cross join policy.setting as s
    where b.frozen_at_utc <= cast($as_of as timestamp)
)

select
    f.metric_key,
    f.segment_type,
    f.segment_key,
    f.segment,
    cast(f.value as double) as value,
    cast(f.n as bigint) as n,
    cast(f.ci_low as double) as ci_low,
    cast(f.ci_high as double) as ci_high,
    f.window_start,
    f.window_end,
    f.frozen_at_utc,
    cast(f.frozen_by_key as bigint) as frozen_by_key,
    f.reason,
    f.frozen_at_utc = max(f.frozen_at_utc) over (partition by f.metric_key, f.segment_type, f.segment_key) as is_current,
    cast(date_key(local_day(f.frozen_at_utc, f.time_zone)) as bigint) as frozen_date_key
from frozen as f

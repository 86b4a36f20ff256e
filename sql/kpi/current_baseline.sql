-- The baseline in force of each metric and segment, with its metric's name and the sums behind its value: what charts and movements read.
-- grain: current baseline
-- key: metric_key, segment_type, segment_key
-- owner: service delivery lead
select
    b.metric,
    k.metric_key,
    k.segment_type,
    k.segment_key,
    k.segment,
    k.value,
    k.n,
    b.numerator,
    b.denominator,
    b.sum_of_squares,
    k.window_start,
    k.window_end,
    k.frozen_date_key
from kpi.kpi_baseline as k
inner join ledger.baseline as b
    on
        k.metric_key = contract_key($tenant, 'metric', b.metric)
        and k.segment_type = b.segment_type
        and k.segment_key = b.segment_key
        and k.frozen_at_utc = b.frozen_at_utc
where k.is_current

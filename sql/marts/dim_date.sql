-- Every day of the years that any date key of the facts, any metric's member or the as-of falls in; row 0 is 1900-01-01.
-- grain: one day, no gaps, covering every date key of every fact
-- key: date_key
-- owner: platform
with used as (
    select unnest([f.won_date_key, f.signoff_date_key, f.committed_date_key, f.kickoff_date_key]) as day_key
    from marts.fact_handoff as f
    union all
    select p.closed_date_key
    from marts.dim_project as p
    union all
    select g.detected_date_key
    from marts.fact_gap as g
    union all
    select c.decided_date_key
    from marts.fact_change_request as c
    union all
    select m.as_of_date_key
    from marts.fact_project_margin as m
    union all
    select b.happened_date_key
    from marts.fact_bypass as b
    union all
    select min(m.week_date_key)
    from kpi.kpi_member as m
    union all
    select date_key(local_day(cast($as_of as timestamp), s.time_zone))
    from policy.setting as s
),

years as (
    select
        min(u.day_key) // 10000 as first_year,
        max(u.day_key) // 10000 as last_year
    from used as u
    where u.day_key > 0
)

select
    date_key(c.day) as date_key,
    c.day as date,
    c.iso_year,
    c.iso_week,
    c.week_start,
    c.month_start,
    c.quarter,
    c.year,
    c.is_business_day
from policy.calendar_day as c
inner join years as y on c.year between y.first_year and y.last_year
union all
select 0, date '1900-01-01', 1900, 1, date '1900-01-01', date '1900-01-01', '1900-Q1', 1900, false

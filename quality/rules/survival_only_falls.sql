-- A survival curve starts at or below 1 and never rises, and its interval holds it.
-- reads: kpi.kpi_kickoff_survival
select
    s.week_start,
    s.segment_type,
    s.segment_key,
    s.day
from kpi.kpi_kickoff_survival as s
qualify
    s.survival > coalesce(lag(s.survival) over (partition by s.week_start, s.segment_type, s.segment_key order by s.day), 1)
    or s.at_risk > lag(s.at_risk, 1, s.at_risk) over (partition by s.week_start, s.segment_type, s.segment_key order by s.day)
    or s.events > s.at_risk
    or s.ci_low > s.survival
    or s.ci_high < s.survival

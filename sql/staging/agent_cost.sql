-- What an hour of each agent costs from a day on, as last seen; a cost without a day holds from the beginning. Read where the tenant grants
-- reporting.
-- grain: agent x day
-- key: agent_id, since_day
-- owner: platform
with newest as (
    select
        r.is_deleted,
        from_json(r.payload, '{"agent_id":"VARCHAR","start_date":"VARCHAR","costprice":"VARCHAR"}') as fields
    from raw.agent_cost as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
    qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1
)

select
    halo_id(n.fields.agent_id) as agent_id,
    coalesce(halo_day(n.fields.start_date, s.time_zone), date '0001-01-01') as since_day,
    max(halo_money(n.fields.costprice)) as cost_price
from newest as n
cross join policy.setting as s
where not n.is_deleted and halo_id(n.fields.agent_id) > 1 and halo_money(n.fields.costprice) >= 0
group by halo_id(n.fields.agent_id), coalesce(halo_day(n.fields.start_date, s.time_zone), date '0001-01-01')

-- Steps of projects' plans as last seen, with the first night that saw a day for each. Steps of templates have negative tickets: left out.
-- grain: milestone
-- key: milestone_id
-- owner: platform
with seen as (
    select
        r.batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        from_json(
            r.payload, '{"id":"VARCHAR","ticket_id":"VARCHAR","name":"VARCHAR","start_date":"VARCHAR","target_date":"VARCHAR"}'
        ) as fields
    from raw.milestone as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
),

dated as (
    select
        halo_int(s.fields.id) as milestone_id,
        halo_id(s.fields.ticket_id) as ticket_id,
        folded(s.fields.name) as milestone_name,
        -- What a milestone stands for is done by its target; a plan may name the start alone.
        coalesce(halo_day(s.fields.target_date, p.time_zone), halo_day(s.fields.start_date, p.time_zone)) as planned_day,
        s.batch_no,
        s.seen_at_utc,
        s.is_deleted
    from seen as s
    cross join policy.setting as p
),

newest as (
    select
        *,
        min(case when planned_day is not null then seen_at_utc end) over (partition by milestone_id) as first_seen_at_utc
    from dated
    qualify row_number() over (partition by milestone_id order by batch_no desc, is_deleted asc) = 1
)

select
    n.milestone_id,
    n.ticket_id,
    n.milestone_name,
    n.planned_day,
    n.first_seen_at_utc
from newest as n
left join staging.reused_id as u on n.ticket_id = u.ticket_id
where
    not n.is_deleted
    and n.ticket_id is not null
    and n.planned_day is not null
    and (u.since_batch is null or n.batch_no >= u.since_batch)

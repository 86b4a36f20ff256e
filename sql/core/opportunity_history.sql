-- What was known of each opportunity, from night to night (SCD2): a row for each stretch of nights in which nothing that matters changed.
-- grain: opportunity x stretch of nights
-- key: opportunity_id, valid_from_batch
-- owner: platform
with win_date as (
    select
        min(case when i.meaning = 'win_date_oppconverteddate' then i.id end) as converted_position,
        min(case when i.meaning = 'win_date_dateclosed' then i.id end) as closed_position
    from policy.id_list as i
),

field as (
    select
        f.ticket_id,
        f.batch_no,
        max(case when f.meaning = 'deal_type' then f.shown end) as deal_type,
        max(case when f.meaning = 'service_template' then f.shown end) as service_template,
        max(case when f.meaning = 'signed_scope_link' then f.stored end) as signed_scope_link,
        max(case when f.meaning = 'signed_scope_date' then halo_day(f.value, p.time_zone) end) as signed_scope_date,
        max(case when f.meaning = 'delivery_assumptions' then f.stored end) as delivery_assumptions,
        max(case when f.meaning = 'dependencies' then f.stored end) as dependencies,
        max(case when f.meaning = 'acceptance_criteria' then f.stored end) as acceptance_criteria,
        max(case when f.meaning = 'kickoff_committed' then halo_day(f.value, p.time_zone) end) as kickoff_committed
    from staging.ticket_field as f
    cross join policy.setting as p
    where f.entity = 'opportunity'
    group by f.ticket_id, f.batch_no
),

version as (
    select
        t.ticket_id as opportunity_id,
        t.batch_no,
        t.seen_at_utc,
        t.is_deleted,
        t.title,
        t.client_id,
        t.agent_id,
        t.team,
        t.merged_into_id,
        s.status_name,
        coalesce(s.status_name in (select n.name from policy.name_list as n where n.meaning = 'won_status'), false) as is_won,
        coalesce(s.status_name in (select n.name from policy.name_list as n where n.meaning = 'lost_status'), false) as is_lost,
        case
            when w.closed_position is null then t.converted_at_utc
            when w.converted_position is null then t.closed_at_utc
            when w.converted_position < w.closed_position then coalesce(t.converted_at_utc, t.closed_at_utc)
            else coalesce(t.closed_at_utc, t.converted_at_utc)
        end as win_date_utc,
        f.deal_type,
        f.service_template,
        f.signed_scope_link,
        f.signed_scope_date,
        f.delivery_assumptions,
        f.dependencies,
        f.acceptance_criteria,
        f.kickoff_committed
    from staging.ticket as t
    cross join win_date as w
    inner join staging.ticket_type as y on t.ticket_type_id = y.ticket_type_id
    inner join policy.name_list as kind on kind.meaning = 'opportunity_type' and y.ticket_type_name = kind.name
    left join staging.status as s on t.status_id = s.status_id
    left join field as f on t.ticket_id = f.ticket_id and t.batch_no = f.batch_no
    where t.entity = 'opportunity'
),

in_runs as (
    select
        *,
        sum(case when is_won then 0 else 1 end) over (partition by opportunity_id order by batch_no) as won_run
    from version
),

with_win as (
    select
        * exclude (won_run, win_date_utc),
        case
            when is_won then coalesce(win_date_utc, min(seen_at_utc) over (partition by opportunity_id, won_run, is_won))
        end as won_at_utc
    from in_runs
),

changed as (
    select
        *,
        row(
            title, client_id, agent_id, team, merged_into_id, is_deleted, status_name, is_won, is_lost, won_at_utc, deal_type,
            service_template, signed_scope_link, signed_scope_date, delivery_assumptions, dependencies, acceptance_criteria, kickoff_committed
        ) as tracked
    from with_win
    qualify tracked is distinct from lag(tracked) over (partition by opportunity_id order by batch_no)
)

select
    * exclude (batch_no, seen_at_utc, tracked),
    batch_no as valid_from_batch,
    lead(batch_no) over (partition by opportunity_id order by batch_no) as valid_to_batch,
    seen_at_utc as valid_from_utc,
    lead(seen_at_utc) over (partition by opportunity_id order by batch_no) as valid_to_utc,
    lead(batch_no) over (partition by opportunity_id order by batch_no) is null as is_current
from changed

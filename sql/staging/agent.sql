-- Every version of every agent, with the cost price where the credential may see it. Agent 1 is HaloPSA's "Unassigned" and is left out.
-- An agent who was deleted stays, no longer active: what they sold, signed and logged is still theirs.
-- grain: agent x night on which its record changed
-- key: agent_id, batch_no
-- owner: platform
with seen as (
    select
        b.whole_batch_no as batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        from_json(
            r.payload,
            '{"id":"VARCHAR","name":"VARCHAR","team":"VARCHAR","role_list":"VARCHAR","jobtitle":"VARCHAR","isdisabled":"VARCHAR","costprice":"VARCHAR"}'
        ) as fields
    from raw.agent as r
    inner join staging.night as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
    qualify row_number() over (partition by r.row_key, b.whole_batch_no order by r.batch_no desc, r.is_deleted asc) = 1
)

select
    halo_int(s.fields.id) as agent_id,
    s.batch_no,
    s.seen_at_utc,
    coalesce(halo_text(s.fields.name), '(no name)') as agent_name,
    halo_text(s.fields.team) as team,
    coalesce(halo_text(s.fields.jobtitle), halo_text(s.fields.role_list)) as role,
    not halo_bool(s.fields.isdisabled) and not s.is_deleted as is_active,
    halo_money(s.fields.costprice) as cost_price
from seen as s
where halo_int(s.fields.id) > 1

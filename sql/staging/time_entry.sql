-- Time logged on tickets, each entry as last seen, with the night that saw it gone. An action's id is unique within its ticket only.
-- grain: ticket x action
-- key: ticket_id, action_id
-- owner: platform
with newest as (
    select
        r.batch_no,
        b.as_of_utc as seen_at_utc,
        r.is_deleted,
        from_json(
            r.payload,
            '{"id":"VARCHAR","ticket_id":"VARCHAR","who_agentid":"VARCHAR","actionarrivaldate":"VARCHAR","datetime":"VARCHAR","timetaken":"VARCHAR",'
            || '"actisbillable":"VARCHAR","actionchargehours":"VARCHAR","actionchargeamount":"VARCHAR","chargerate":"VARCHAR",'
            || '"actioninvoicenumber":"VARCHAR","invoice_id":"VARCHAR"}'
        ) as fields
    from raw.action as r
    inner join raw.batch as b on r.batch_no = b.batch_no
    where b.as_of_utc <= cast($as_of as timestamp)
    qualify row_number() over (partition by r.row_key order by r.batch_no desc, r.is_deleted asc) = 1
)

select
    halo_int(n.fields.ticket_id) as ticket_id,
    halo_int(n.fields.id) as action_id,
    halo_id(n.fields.who_agentid) as agent_id,
    coalesce(halo_utc(n.fields.actionarrivaldate), halo_utc(n.fields.datetime)) as worked_at_utc,
    halo_money(n.fields.timetaken) as hours,
    case
        when lower(n.fields.actisbillable) in ('false', '0') then 0
        else coalesce(halo_money(n.fields.actionchargehours), halo_money(n.fields.timetaken))
    end as charge_hours,
    case when halo_money(n.fields.actionchargeamount) > 0 then halo_money(n.fields.actionchargeamount) end as charge_amount,
    halo_int(n.fields.chargerate) as charge_rate,
    -- HaloPSA's 0 names no invoice.
    case s.entry_invoice_field
        when 'actioninvoicenumber' then nullif(halo_text(n.fields.actioninvoicenumber), '0')
        when 'invoice_id' then cast(halo_id(n.fields.invoice_id) as varchar)
    end as invoice_name,
    case when n.is_deleted then n.seen_at_utc end as removed_at_utc
from newest as n
cross join policy.setting as s
left join staging.reused_id as u on halo_int(n.fields.ticket_id) = u.ticket_id
where
    (u.since_batch is null or n.batch_no >= u.since_batch)
    and halo_money(n.fields.timetaken) > 0
    and coalesce(halo_utc(n.fields.actionarrivaldate), halo_utc(n.fields.datetime)) is not null

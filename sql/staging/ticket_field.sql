-- The custom fields that the policy gives a meaning, as they stood in each version of a ticket.
-- grain: ticket version x meaning
-- key: entity, ticket_id, batch_no, meaning
-- owner: platform
with element as (
    select
        t.entity,
        t.ticket_id,
        t.batch_no,
        unnest(
            from_json(t.payload, '{"customfields":[{"name":"VARCHAR","value":"VARCHAR","display":"VARCHAR"}]}').customfields
        ) as field
    from staging.ticket as t
)

select
    e.entity,
    e.ticket_id,
    e.batch_no,
    f.meaning,
    -- A single select carries its option's number as value and its words as display.
    max(coalesce(halo_text(e.field.display), halo_text(e.field.value))) as shown,
    max(halo_text(e.field.value)) as value,
    -- The text exactly as stored, for the hash of evidence.
    max(coalesce(nullif(e.field.display, ''), nullif(e.field.value, ''))) as stored
from element as e
inner join policy.custom_field as f on e.entity = f.entity and folded(e.field.name) = folded(f.name)
group by e.entity, e.ticket_id, e.batch_no, f.meaning

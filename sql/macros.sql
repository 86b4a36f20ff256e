-- Macros that every model may use; loaded at each opening of the warehouse file for building.
-- They read HaloPSA's loose values (numbers as text or decimals, empty dates before 1981) and make the contract's keys.

-- A key of the contract: the first 52 bits of SHA-256 over "tenant|entity|natural key"; NULL for no natural key.
create or replace temp macro contract_key(tenant, entity, natural_key) as (
    cast('0x' || left(sha256(tenant || '|' || entity || '|' || natural_key), 13) as bigint)
);

-- HaloPSA's moments are UTC, mostly without a zone (the session's zone is UTC); 1899, 1900 and all years up to 1980 mean "empty". Nor is
-- there one in a year that the calendar does not wholly hold in every zone: somebody mistyped it, and no fact could name its day.
create or replace temp macro halo_utc(value) as (
    case when year(try_cast(value as timestamp)) between 1991 and 2059 then timezone('UTC', try_cast(value as timestamptz)) end
);

-- A day, where the calendar has it (1990 to 2060): one that somebody mistyped is none.
create or replace temp macro in_calendar(local_date) as (
    case when local_date between date '1990-01-01' and date '2060-12-31' then local_date end
);

-- A day kept as a date-time: the day that its text names, whatever its time. Only where that moment is midnight in the tenant's own zone
-- (a local midnight that HaloPSA turned into UTC) it is the day that begins then, so that no date shifts by a day.
create or replace temp macro halo_day(value, zone) as (
    in_calendar(
        case
            when year(try_cast(value as timestamp)) <= 1980 then null
            when cast(try_cast(value as timestamp) as time) = time '00:00:00' then cast(try_cast(value as timestamp) as date)
            when cast(timezone(zone, try_cast(value as timestamptz)) as time) = time '00:00:00'
                then cast(timezone(zone, try_cast(value as timestamptz)) as date)
            else cast(try_cast(value as timestamp) as date)
        end
    )
);

-- Whole numbers arrive as 12, 12.0 or "12".
create or replace temp macro halo_int(value) as (try_cast(try_cast(value as decimal(18, 0)) as bigint));

-- Money and quantities, from text, never through a float. A billion times a thousand and more is mistyped, and counts as not filled: sums of
-- such numbers would not fit the contract's 18 digits.
create or replace temp macro halo_money(value) as (
    case when abs(try_cast(value as decimal(18, 4))) < 1000000000000 then try_cast(value as decimal(18, 4)) end
);

-- Money or a quantity about to be multiplied: DuckDB keeps the product of two narrow decimals in 18 digits, which an order of a million
-- times a rate overflows.
create or replace temp macro wide(value) as (cast(value as decimal(28, 4)));

-- The sum of what counts, NULL where one of them is not known: known only in part is not known.
create or replace temp macro sum_if_known(is_counted, value) as (
    case when count(*) filter (where is_counted and value is null) = 0 then sum(case when is_counted then value else 0 end) end
);

-- Hours as HaloPSA plans them: -9999 (and every negative number) means that nobody planned any.
create or replace temp macro halo_hours(value) as (case when halo_money(value) >= 0 then halo_money(value) end);

create or replace temp macro halo_bool(value) as (coalesce(lower(value) in ('true', '1'), false));

create or replace temp macro halo_text(value) as (nullif(trim(value), ''));

-- An id that HaloPSA uses for "none": 0 and negative numbers.
create or replace temp macro halo_id(value) as (case when halo_int(value) > 0 then halo_int(value) end);

-- The local day of a naive UTC moment.
create or replace temp macro local_day(moment, zone) as (
    cast(timezone(zone, timezone('UTC', moment)) as date)
);

-- The naive UTC moment of noon, or of the end, of a local day.
create or replace temp macro local_noon_utc(local_date, zone) as (
    timezone('UTC', timezone(zone, cast(local_date as timestamp) + interval 12 hour))
);
create or replace temp macro local_end_utc(local_date, zone) as (
    timezone('UTC', timezone(zone, cast(local_date as timestamp) + interval 1 day))
);

-- Whether a moment (naive UTC) is a midnight, in UTC or in the tenant's zone: where HaloPSA tells only a day, that is what it reads as.
create or replace temp macro is_midnight(moment, zone) as (
    cast(moment as time) = time '00:00:00' or cast(timezone(zone, timezone('UTC', moment)) as time) = time '00:00:00'
);

-- yyyymmdd, 0 for none.
create or replace temp macro date_key(local_date) as (
    coalesce(year(local_date) * 10000 + month(local_date) * 100 + day(local_date), 0)
);

create or replace temp macro week_of(local_date) as (cast(date_trunc('week', local_date) as date));

-- A policy name and a HaloPSA name are the same word whatever their case.
create or replace temp macro folded(value) as (lower(trim(value)));

-- amount x part / whole with four places, halves away from zero; exact, because no step goes through a float. NULL where whole is 0.
create or replace temp macro ten_thousandths(value) as (cast(wide(value) * 10000 as hugeint));
create or replace temp macro prorated(amount, part, whole) as (
    case
        when whole != 0
            then
                cast(
                    cast(
                        sign(ten_thousandths(amount)) * sign(ten_thousandths(part)) * sign(ten_thousandths(whole))
                        * (
                            (2 * abs(ten_thousandths(amount) * ten_thousandths(part)) + abs(ten_thousandths(whole)))
                            // (2 * abs(ten_thousandths(whole)))
                        ) as decimal(22, 0)
                    ) * 0.0001 as decimal(18, 4)
                )
    end
);

-- Whether a row of a typed history was in force on a night (a batch): from its first night up to, not including, the night that replaced it.
create or replace temp macro in_force(valid_from_batch, valid_to_batch, batch_no) as (
    batch_no >= valid_from_batch and (valid_to_batch is null or batch_no < valid_to_batch)
);

-- Whether a version is of the record that has its id now; `since_batch` is NULL for an id that was never used again (staging.reused_id).
-- The night that brings the new record also brings the old one's tombstone.
create or replace temp macro is_of_record(batch_no, is_deleted, since_batch) as (
    since_batch is null or batch_no > since_batch or (batch_no = since_batch and not is_deleted)
);

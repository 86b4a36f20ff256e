"""What delivery's records tell: who works on projects, which approval is the sign-off, which appointment the kickoff, which time zone.

The one thing to know: the numbers of approval results are only guessed in public; an approval without a decision time is a pending one,
and of the rest the more frequent number is taken for accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final
from zoneinfo import available_timezones

from handoff_pipeline.governance.drafting.evidence import Choice, Option, has_date, has_word, number_of, share, text_of
from handoff_pipeline.halo.envelope import Row
from handoff_pipeline.halo.sample import Discovery

SIGNOFF_WORDS = ("sign-off", "sign off", "signoff", "deliver", "handoff", "handover", "hand over", "hand-over")
KICKOFF_WORDS = ("kickoff", "kick-off", "kick off", "project start", "onboarding call")
WORTHWHILE: Final = 0.15
"""A team with less than this share of the time booked on projects helps out; it does not deliver."""
STOCK_RESULTS: Final = {"pending": 0, "accepted": 1, "rejected": 2}
FALLBACK_ZONE: Final = "Etc/UTC"


def delivery_teams(found: Discovery, projects: Sequence[Row], tickets: Sequence[Row]) -> Choice:
    """The teams of those who book time on projects; the teams that lead projects where the sample holds no such time.

    Args:
        found: the tenant.
        projects: projects.
        tickets: projects and their tasks, on which time is booked.
    """
    team_of = {number_of(row, "id"): text_of(row, "team") for row in found.rows("agent")}
    ids = {number_of(row, "id") for row in tickets}
    hours: Counter[str] = Counter()
    for row in found.rows("action"):
        team, taken = team_of.get(number_of(row, "who_agentid")), row.get("timetaken")
        if team and number_of(row, "ticket_id") in ids and isinstance(taken, int | float):
            hours[team] += round(taken * 100)
    if hours:
        total = hours.total()
        options = [
            Option(team, f"{part / 100:.0f} of {total / 100:.0f} hours that the sample holds on projects")
            for team, part in hours.most_common()
        ]
        chosen = tuple(option for option in options if share(hours[str(option.value)], total) >= WORTHWHILE)
        return Choice(
            chosen, is_known=False, how="by who books time on projects", others=tuple(one for one in options if one not in chosen)
        )
    leading = Counter(team for row in projects if (team := text_of(row, "team")))
    options = [Option(team, f"leads {count} of {leading.total()} sampled projects") for team, count in leading.most_common()]
    how = (
        "by who leads projects: the sample holds no time on them"
        if options
        else "the sample holds no time on projects, and no team leads one"
    )
    return Choice(tuple(options[:1]), is_known=False, how=how, others=tuple(options[1:]))


def signoff_steps(found: Discovery) -> Choice:
    """Approval steps that are named like a sign-off."""
    seen = Counter(name for row in found.rows("approval") if (name := text_of(row, "step_name")))
    options = {
        name: Option(name, f"{count} of {seen.total()} approvals of the sample are of this step") for name, count in seen.most_common()
    }
    chosen = tuple(option for name, option in options.items() if has_word(name, SIGNOFF_WORDS))
    others = tuple(option for option in options.values() if option not in chosen)
    how = "by name" if chosen else "no approval of the sample is of a step named like a sign-off"
    return Choice(chosen, is_known=False, how=how, others=others)


def signoff_results(found: Discovery) -> tuple[dict[str, int], str]:
    """HaloPSA's numbers for pending, accepted and rejected, with how they are guessed."""
    rows = [row for row in found.rows("approval") if number_of(row, "result") is not None]
    decided = Counter(number_of(row, "result") for row in rows if has_date(row.get("dateapproved")))
    waiting = Counter(number_of(row, "result") for row in rows if not has_date(row.get("dateapproved")))
    counts = ", ".join(f"{number}: {count}" for number, count in sorted(Counter(number_of(row, "result") for row in rows).items(), key=str))
    seen = f"numbers of the sample: {counts or 'none'}; decided: {decided.total()}"
    stock = dict(STOCK_RESULTS)
    often = next((number for number, count in decided.most_common() if number is not None and count > waiting[number]), None)
    if often is None or often == stock["accepted"]:
        return stock, f"what the public sources guess; {seen}"
    rest = [number for number in (0, 1, 2, 3) if number != often]
    return {"pending": rest[0], "accepted": often, "rejected": rest[1]}, f"{often} is the most frequent of the decided ones; {seen}"


def kickoff_types(found: Discovery) -> Choice:
    """Appointment types that are named like a kickoff."""
    seen = Counter(name for row in found.rows("appointment") if (name := text_of(row, "appointment_type_name")))
    options = {name: Option(name, f"{count} of {seen.total()} sampled appointments are of this type") for name, count in seen.most_common()}
    chosen = tuple(option for name, option in options.items() if has_word(name, KICKOFF_WORDS))
    others = tuple(option for option in options.values() if option not in chosen)
    how = "by name" if chosen else "no sampled appointment is of a type named like a kickoff"
    return Choice(chosen, is_known=False, how=how, others=others)


def kickoff_milestones(found: Discovery, appointments: Choice) -> Choice:
    """Names of milestones that are named like a kickoff; guessed only where no appointment tells, offered otherwise."""
    # A milestone of a project template has a negative ticket (H: TopLeft).
    rows = [row for row in found.rows("milestone") if (number_of(row, "ticket_id") or 0) > 0]
    seen = Counter(name for row in rows if (name := text_of(row, "name")))
    named = [(name, count) for name, count in seen.most_common() if has_word(name, KICKOFF_WORDS)]
    options = tuple(Option(name, f"{count} of {seen.total()} milestones of the sample are named so") for name, count in named)
    if appointments.chosen:
        return Choice((), is_known=False, how="appointments tell the kickoff", others=options)
    how = "by name, since no appointment tells the kickoff" if options else "no milestone of the sample is named like a kickoff"
    return Choice(options, is_known=False, how=how)


def time_zone(found: Discovery) -> Choice:
    """The zone that the instance or most sites name, where it is one of the IANA list."""
    known = available_timezones()
    told = [zone for row in found.rows("instance") if (zone := text_of(row, "timezone", "server_time_zone")) in known]
    if told:
        return Choice((Option(told[0], "the instance says so"),), is_known=False, how="the instance's own time zone")
    sites = Counter(zone for row in found.rows("site") if (zone := text_of(row, "timezone")) in known)
    options = tuple(Option(zone, f"{count} of {sites.total()} sampled sites with a time zone") for zone, count in sites.most_common(3))
    if options:
        return Choice(options[:1], is_known=False, how="the time zone of most sites", others=options[1:])
    return Choice(
        (Option(FALLBACK_ZONE, "nothing on the tenant tells"),), is_known=False, how="nothing on the tenant tells; put in your own"
    )

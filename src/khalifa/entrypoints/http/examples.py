"""What answers and bodies look like: examples for the API's document, by their schema's name."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from khalifa.application.tell_colleagues import Doing
from khalifa.domain.agents import Presence, Role
from khalifa.domain.audit import Act
from khalifa.domain.filled_template import ButtonType, HeaderType
from khalifa.domain.messages import DeliveryStatus, Direction, MessageKind, SenderType
from khalifa.domain.tickets import Priority
from khalifa.entrypoints.http import (
    figures_schemas,
    handling_schemas,
    operations_schemas,
    schemas,
    search_schemas,
    settings_schemas,
    team_schemas,
    two_step_schemas,
    watch_schemas,
)
from khalifa.entrypoints.http import new_message as said
from khalifa.entrypoints.http.customer_provider import ChosenProvider, CustomerProvider
from khalifa.entrypoints.http.ledger import LedgerBalance
from khalifa.entrypoints.http.new_message import NewConversation, NewMessage, NewMessageKind
from khalifa.entrypoints.http.pairing import PairingCode, PhoneToPair
from khalifa.entrypoints.http.reply_route import FileLimit, Route
from khalifa.entrypoints.http.switching import Expected, MadeSwitch, PlannedSwitch

_ASKED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_ANSWERED = datetime(2026, 3, 1, 9, 31, tzinfo=UTC)
_CURSOR = "0c8f2a-1772357400123-0"

_SARA = schemas.Agent(
    id=7,
    name="Sara",
    role=Role.AGENT,
    presence=Presence.ONLINE,
    capacity=15,
    branch_id=3,
    disabled=False,
    version=3,
)
_SARA_OF_THE_TEAM = schemas.TeamMember(
    **msgspec.structs.asdict(_SARA), last_signed_in_at=_ANSWERED, two_step=True
)
_TICKET = schemas.Ticket(
    id=42,
    number=42,
    status="open",
    provider="cloud_api",
    customer=schemas.Customer(
        id=11,
        name="منى سعيد",
        phone="201012345678",
        tags=["vip"],
        blocked=False,
        pinned_provider=None,
    ),
    agent=schemas.AgentName(id=_SARA.id, name=_SARA.name),
    unread=1,
    waiting_since=_ASKED,
    due_at=_ASKED + timedelta(minutes=3),
    opened_at=_ASKED,
    closed_at=None,
    close_reason=None,
    last_message_at=_ASKED,
    last_message="هل الدواء متوفر؟",
    last_message_kind=MessageKind.TEXT,
    last_message_status=None,
    window_closes_at=_ASKED + timedelta(hours=24),
    priority=Priority.NORMAL,
    category="orders",
    tags=["delivery"],
    rating=None,
    version=2,
)
_QUEUED = schemas.Message(
    id=1001,
    ticket_id=_TICKET.id,
    direction=Direction.OUT,
    sender_type=SenderType.AGENT,
    agent_id=_SARA.id,
    kind=MessageKind.TEXT,
    text="نعم، متوفر.",
    media=None,
    content=None,
    status=DeliveryStatus.QUEUED,
    error=None,
    error_ar=None,
    error_code=None,
    provider=None,
    whatsapp_message_id=None,
    reply_to=None,
    reply_to_id=None,
    resend_of=None,
    idempotency_key="b1946ac92492d2347c6235b4d2611184",
    reactions=[schemas.MessageReaction(emoji="👍", from_us=False, at=_ANSWERED)],
    forwarded=False,
    original_text=None,
    edited_at=None,
    revoked_at=None,
    sent_at=_ANSWERED,
    stored_at=_ANSWERED,
    version=1,
)
_COLLEAGUE = team_schemas.Colleague(
    id=8,
    name="Omar",
    presence=Presence.ONLINE,
    capacity=15,
    branch_id=3,
    open_tickets=4,
)
_FIGURES = figures_schemas.Figures(
    tickets=41,
    closed=39,
    delayed=2,
    delays=2,
    messages=212,
    answered=40,
    first_response=69.4,
    first_response_p90=161.0,
    rated=17,
    satisfaction=4.71,
)
_SUMMARY = schemas.shown(
    schemas.CustomerSummary, _TICKET.customer, last_provider="cloud_api", created_at=_ASKED
)
_CUSTOMER = schemas.shown(
    schemas.CustomerDetails,
    _SUMMARY,
    whatsapp_name="Mona 🌸",
    named_by_hand=True,
    notes="Allergic to penicillin.",
    blocked_at=None,
    provider="cloud_api",
    branch_id=3,
    identities=[
        schemas.CustomerIdentity(provider=None, kind="phone", id_ext="201012345678", former=False),
        schemas.CustomerIdentity(
            provider="wppconnect", kind="lid", id_ext="14443111111111", former=False
        ),
    ],
    merges=[
        schemas.CustomerMerge(
            id=3,
            kept_id=11,
            absorbed_id=17,
            reason="one message named both",
            by=None,
            at=_ASKED,
            undone_at=None,
            undone_by=None,
        )
    ],
    tickets=[_TICKET],
    more_tickets=False,
)
_STATUS = operations_schemas.ProviderStatus(
    provider="cloud_api",
    connected=True,
    phone="201000000000",
    state="connected",
    needs_person=False,
)
_DETAILS = operations_schemas.Provider(
    provider="cloud_api",
    active=True,
    connected=True,
    state="connected",
    phone="201000000000",
    detail=None,
    detail_ar=None,
    needs_person=False,
    checked_at=_ASKED,
    last_proven_at=_ASKED,
    recovery=None,
    unmatched_statuses=0,
    capabilities=[],
    pace=operations_schemas.ProviderPace(
        per_second=80,
        seconds_apart=None,
        tokens_left=80,
        next_free_at=None,
        held_until=None,
        held_because=None,
        held_because_ar=None,
        first_contacts_per_hour=None,
        first_contacts_left=None,
        next_first_contact_at=None,
        paired_at=_ASKED,
        warm_up_day=None,
        warm_up_days=None,
    ),
)

_BRANCH = team_schemas.Branch(id=3, name="فرع المشاية")
_READY = handling_schemas.ReadyReply(
    id=4, shortcut="hello", title="Greeting", text="أهلاً {name}، كيف أساعدك؟", shared=True
)

_CARRIED = watch_schemas.ProviderTraffic(
    received=412,
    sent=398,
    failed=2,
    refusals={"This number has no WhatsApp.": 2},
    median_delay_seconds=1.4,
    proven_at=_ASKED,
)
_WATCH = watch_schemas.SwitchWatch(
    switched_at=_ASKED,
    source="khalifa provider switch",
    by="mona",
    old_provider="wppconnect",
    may_stop_old=False,
    still_needed=[
        watch_schemas.StillNeeded(
            detail="The switch is not 24 hours old yet.",
            detail_ar="لم تمض 24 ساعة على التحويل بعد.",
        )
    ],
    providers=[
        watch_schemas.ProviderDays(
            provider="cloud_api",
            retired_at=None,
            before=watch_schemas.ProviderTraffic.of(None),
            after=_CARRIED,
            lately=_CARRIED,
        )
    ],
)

_NOTE = handling_schemas.Note(
    id=5,
    ticket_id=_TICKET.id,
    agent=schemas.AgentName(id=_SARA.id, name=_SARA.name),
    text="Allergic to penicillin: ask before any substitute.",
    at=_ANSWERED,
    version=1,
)
_OPEN_TILL_LATE = [settings_schemas.Opening(opens="09:00", closes="01:00")]
_SETTINGS = settings_schemas.Settings(
    delay_minutes=3,
    grace_minutes=5,
    time_zone="Africa/Cairo",
    week=settings_schemas.Week(
        monday=_OPEN_TILL_LATE,
        tuesday=_OPEN_TILL_LATE,
        wednesday=_OPEN_TILL_LATE,
        thursday=_OPEN_TILL_LATE,
        friday=[settings_schemas.Opening(opens="14:00", closes="24:00")],
        saturday=_OPEN_TILL_LATE,
        sunday=_OPEN_TILL_LATE,
    ),
    holidays=[date(2026, 10, 6)],
    open_now=True,
    away_reply=settings_schemas.Automatic(enabled=True, text="نرد عليك أول ما نفتح."),
    welcome=settings_schemas.Automatic(enabled=False, text="أهلًا بك."),
    rating_request=settings_schemas.Automatic(enabled=True, text="كيف كانت خدمتنا، من 1 إلى 5؟"),
    reopen_hours=24,
    agents_see_all=False,
    version=4,
    changed_at=_ASKED,
    changed_by=1,
)
_SHOWN: tuple[msgspec.Struct, ...] = (
    _SARA,
    _TICKET,
    _QUEUED,
    schemas.StartedConversation(ticket=_TICKET, message=_QUEUED),
    NewConversation(phone="+20 101 234 5678", text="طلبك جاهز."),
    _STATUS,
    schemas.shown(
        schemas.Me,
        _SARA,
        live_cursor=_CURSOR,
        sees_all=False,
        provider="cloud_api",
        capabilities=[
            "locations",
            "contacts",
            "several_contacts",
            "reactions",
            "templates",
            "interactive",
            "typing",
            "quote_with_text",
        ],
    ),
    Route(
        provider="cloud_api",
        capabilities=["locations", "reactions", "templates", "typing", "quote_with_text"],
        files=[
            FileLimit(
                kind=MessageKind.IMAGE, most=5 * 1024 * 1024, types=["image/jpeg", "image/png"]
            )
        ],
    ),
    schemas.TicketPage(items=[_TICKET], next_cursor=None, live_cursor=_CURSOR),
    schemas.MessagePage(items=[_QUEUED], next_cursor=None, live_cursor=_CURSOR),
    schemas.AgentList(items=[_SARA_OF_THE_TEAM], next_cursor=None, live_cursor=_CURSOR),
    operations_schemas.QrCode(text="2@Xm5…,Qk0…,eT8…", expires_at=_ASKED),
    watch_schemas.ProviderList(items=[_DETAILS], watch=_WATCH),
    PlannedSwitch(
        active="wppconnect",
        target="cloud_api",
        connected=True,
        detail=None,
        detail_ar=None,
        customers=9120,
        reachable=9102,
        active_tickets=458,
        active_reachable=449,
        windows_closed=37,
        waiting={"wppconnect": 1, "cloud_api": 2},
    ),
    Expected(active="wppconnect"),
    MadeSwitch(active="cloud_api"),
    PhoneToPair(phone="+201012345678"),
    PairingCode(phone="201012345678", code="ABCD-1234", expires_at=_ASKED + timedelta(minutes=1)),
    LedgerBalance(
        since=_ASKED - timedelta(hours=24),
        checked_at=_ASKED,
        balanced=True,
        found=8412,
        stored=8120,
        duplicate=260,
        ignored=31,
        rejected=1,
        waiting=0,
        differences=[],
    ),
    operations_schemas.Alive(),
    operations_schemas.Readiness(
        status="ok",
        dependencies={"database": "ok", "redis": "ok", "journal": "ok"},
        journal=operations_schemas.JournalDepth(bodies=3, bytes=2410, oldest_seconds=0.2),
    ),
    schemas.Credentials(name="admin", password="correct horse battery"),  # noqa: S106 - shown
    schemas.NewPresence(presence=Presence.BREAK),
    schemas.Closing(reason="Delivered"),
    schemas.Assignment(agent_id=_SARA.id),
    schemas.CustomerPage(items=[_SUMMARY], next_cursor=None),
    figures_schemas.Report(
        first=_ASKED.date(),
        last=_ASKED.date(),
        time_zone="Africa/Cairo",
        target=180.0,
        total=_FIGURES,
        days=[figures_schemas.DayFigures(day=_ASKED.date(), figures=_FIGURES)],
        agents=[figures_schemas.AgentFigures(agent=_TICKET.agent, branch_id=3, figures=_FIGURES)],
    ),
    figures_schemas.Board(
        open=118,
        unassigned=2,
        waiting=9,
        delayed=1,
        waiting_since=_ASKED,
        agents=[_COLLEAGUE],
        traffic=[figures_schemas.Traffic(at=_ASKED, received=61, sent=57)],
    ),
    search_schemas.Found(
        customers=[search_schemas.CustomerHit(customer=_TICKET.customer, ticket_id=_TICKET.id)],
        messages=[
            search_schemas.MessageHit(
                id=1000,
                ticket_id=_TICKET.id,
                customer=_TICKET.customer,
                direction=Direction.IN,
                kind=MessageKind.TEXT,
                text="هل الدواء متوفر؟",
                sent_at=_ASKED,
            )
        ],
        next_cursor="WyJzIiwgOTgxXQ==",
        searched_until=_ASKED - timedelta(days=40),
    ),
    _CUSTOMER,
    schemas.CustomerChange(name="منى", notes="Allergic to penicillin.", tags=["vip"]),
    schemas.MergeWith(other_id=17),
    CustomerProvider(pinned="wppconnect", next="wppconnect", choices=["cloud_api", "wppconnect"]),
    ChosenProvider(provider="wppconnect"),
    team_schemas.ColleagueList(
        items=[_COLLEAGUE],
        live_cursor=_CURSOR,
    ),
    team_schemas.NewAgent(name="Sara", branch_id=3, password="correct horse battery"),  # noqa: S106
    team_schemas.AgentChange(capacity=20),
    team_schemas.NewPassword(password="correct horse battery"),  # noqa: S106
    team_schemas.PasswordChange(current="correct horse battery", new="another battery"),
    two_step_schemas.TwoStep(is_on=True, recovery_codes_left=8),
    two_step_schemas.NewTwoStep(password="correct horse battery"),  # noqa: S106
    two_step_schemas.TwoStepSecret(
        secret="JBSWY3DPEHPK3PXP",  # noqa: S106
        address="otpauth://totp/khalifa:Sara?secret=JBSWY3DPEHPK3PXP&issuer=khalifa",
        qr=["1111111", "1000001"],
    ),
    two_step_schemas.FirstCode(code="492039"),
    two_step_schemas.RecoveryCodes(recovery_codes=["mfrg-gzdf-mztw-q2lk"]),
    two_step_schemas.PasswordAndCode(password="correct horse battery", code="492039"),  # noqa: S106
    team_schemas.SessionList(
        items=[
            team_schemas.Session(
                id="5e884898da28047151d0e56f8dc62927",
                kind="session",
                created_at=_ASKED,
                expires_at=_ASKED + timedelta(days=30),
                address="156.200.1.7",
                device="Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
                current=True,
            )
        ]
    ),
    team_schemas.IssuedToken(token="kX9…"),  # noqa: S106
    _BRANCH,
    team_schemas.BranchList(items=[_BRANCH]),
    team_schemas.NewBranch(name=_BRANCH.name),
    team_schemas.AuditPage(
        items=[
            team_schemas.AuditEntry(
                id=12,
                at=_ASKED,
                by=schemas.AgentName(id=1, name="admin"),
                act=Act.AGENT_CHANGED,
                subject="agent 7",
                details={"capacity": [15, 20]},
            )
        ],
        next_cursor=None,
    ),
    _SETTINGS,
    settings_schemas.SettingsUpdate(delay_minutes=3, week=_SETTINGS.week),
    settings_schemas.DelayList(
        items=[
            settings_schemas.Delay(
                agent_id=_SARA.id,
                started_at=_ASKED + timedelta(minutes=3),
                ended_at=_ASKED + timedelta(minutes=5),
                ended_by=_SARA.id,
            )
        ]
    ),
    _READY,
    handling_schemas.ReadyReplyList(items=[_READY]),
    handling_schemas.NewReadyReply(shortcut="/hello", title=_READY.title, text=_READY.text),
    handling_schemas.ReadyReplyChange(title="Good morning"),
    handling_schemas.Transfer(agent_id=8, reason="Nearest branch"),
    handling_schemas.TicketChange(priority=Priority.HIGH, category="orders", tags=["delivery"]),
    handling_schemas.NewNote(text=_NOTE.text),
    handling_schemas.BeingThere(doing=Doing.READS),
    _NOTE,
    handling_schemas.History(
        lines=[
            handling_schemas.TicketLine(
                id=90,
                kind="transferred",
                at=_ASKED,
                by=_TICKET.agent,
                from_agent=_TICKET.agent,
                to_agent=schemas.AgentName(id=8, name="Omar"),
                reason="Nearest branch",
            )
        ],
        notes=[_NOTE],
    ),
)

_SAID: dict[str, NewMessage] = {
    "text": NewMessage(text="نعم، متوفر."),
    "answer": NewMessage(text="هذا هو المطلوب.", reply_to=1000),
    "image": NewMessage(kind=NewMessageKind.IMAGE, media_id="f3a9c1", text="الروشتة"),
    "location": NewMessage(
        kind=NewMessageKind.LOCATION,
        location=said.NewLocation(
            latitude=31.0364, longitude=31.3807, name="صيدلية خليفة", address="المنصورة"
        ),
    ),
    "contacts": NewMessage(
        kind=NewMessageKind.CONTACTS,
        contacts=[said.NewContact(name="د. منى سعيد", phones=["+201012345678"])],
    ),
    "reaction": NewMessage(
        kind=NewMessageKind.REACTION, reaction=said.NewReaction(message_id=1000, emoji="👍")
    ),
    "template": NewMessage(
        kind=NewMessageKind.TEMPLATE,
        template=said.NewTemplate(
            name="order_ready",
            language="ar",
            header=said.NewTemplateHeader(
                type=HeaderType.IMAGE, link="https://files.example/order.png"
            ),
            body=["منى", "3"],
            buttons=[said.NewTemplateButton(type=ButtonType.QUICK_REPLY, index=0, value="deliver")],
        ),
    ),
    "template_with_upload": NewMessage(
        kind=NewMessageKind.TEMPLATE,
        template=said.NewTemplate(
            name="prescription_ready",
            language="ar",
            header=said.NewTemplateHeader(
                type=HeaderType.DOCUMENT, media_id="f3a9c1", filename="الروشتة.pdf"
            ),
            body=["منى"],
        ),
    ),
    "buttons": NewMessage(
        kind=NewMessageKind.INTERACTIVE,
        interactive=said.NewInteractive(
            type=said.InteractiveType.BUTTONS,
            body="نوصله لك اليوم؟",
            buttons=[
                said.NewButton(id="yes", title="نعم"),
                said.NewButton(id="no", title="لا"),
            ],
        ),
    ),
    "list": NewMessage(
        kind=NewMessageKind.INTERACTIVE,
        interactive=said.NewInteractive(
            type=said.InteractiveType.LIST,
            body="أي فرع أقرب إليك؟",
            button="الفروع",
            sections=[
                said.NewSection(rows=[said.NewRow(id="b1", title="المشاية", description="24 ساعة")])
            ],
        ),
    ),
}

# Of bodies that may be of several kinds: one of each, by its name.
NAMED_EXAMPLES: dict[str, dict[str, object]] = {
    NewMessage.__name__: {
        name: {"summary": name, "value": msgspec.to_builtins(one)} for name, one in _SAID.items()
    }
}
EXAMPLES: dict[str, object] = {
    type(example).__name__: msgspec.to_builtins(example) for example in _SHOWN
}

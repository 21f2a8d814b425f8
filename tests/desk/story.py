"""A day in a pharmacy that is worth a picture: people, conversations in every state, weeks past."""

import io
import math
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from khalifa.domain.agents import Role
from tests.desk.shop import Customer, Shop
from tests.recordings import a_recording

SARA, BOSS = "د. سارة عبد الرحمن", "د. محمود خليفة"
TEAM = {
    SARA: "المشاية",
    "د. أحمد الشناوي": "حي الجامعة",
    "د. منى فتحي": "سندوب",
    "Omar Said": "جيهان",
    "د. هبة سليمان": "توريل",
    "د. آية حمدي": "طلخا",
    BOSS: None,
}
REPLIES = [
    ("سلام", "ترحيب", "أهلًا {name}، معك {agent} من صيدليات خليفة. كيف أساعد حضرتك؟"),
    ("سعر", "السعر", "السعر {price} جنيه، والتوصيل مجاني داخل المنصورة."),
    ("بديل", "بديل بنفس المادة", "الصنف غير متوفر الآن. عندنا {alternative} بنفس المادة الفعالة."),
    ("روشتة", "طلب صورة الروشتة", "من فضلك صورة واضحة للروشتة كلها."),
    ("توصيل", "موعد التوصيل", "المندوب في الطريق، ويصل خلال 40 دقيقة بإذن الله."),
]
PRIOR_DAYS = 28
PATIENCE = timedelta(minutes=3)
_SEED = 7
_WAIT_S = 30.0


@dataclass
class Story:
    """Fills an empty *shop*; what is drawn by lot is the same every time."""

    shop: Shop
    lots: random.Random = field(default_factory=lambda: random.Random(_SEED))

    def tell(self) -> None:
        self._people()
        self._past()
        self._colleagues()
        self._saras()

    def hold_still(self) -> None:
        """Put the waits where they were: a picture taken late looks like one taken early."""
        self.shop.let_wait("الحاج رمضان", minutes=3 + 134 / 60)
        self.shop.let_wait("حسام فوزي", minutes=3 - 50 / 60)
        self.shop.let_wait("أم يوسف", minutes=0.7)
        self.shop.let_wait("علا السباعي", minutes=3 + 21 / 60)
        self.shop.let_wait("هاني رشدي", minutes=1.8)
        self.shop.let_wait("Salma Fahmy", minutes=1.0)

    def ticket_of(self, name: str) -> dict[str, Any]:
        found = self.shop.ask("GET", "/api/tickets?limit=500&status=all", by=BOSS)["items"]
        ticket: dict[str, Any] = next(one for one in found if one["customer"]["name"] == name)
        return ticket

    def say(self, name: str, text: str, *, by: str = SARA, **more: object) -> None:
        path = f"/api/tickets/{self.ticket_of(name)['id']}/messages"
        self.shop.ask("POST", path, {"text": text, **more}, by=by)

    def here(self, who: str, presence: str) -> None:
        self.shop.ask("POST", "/api/agents/me/presence", {"presence": presence}, by=who)

    def _all(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shop.ask("GET", path, by=BOSS)["items"]
        return found

    def _people(self) -> None:
        for name in TEAM:
            self.shop.add_agent(name, role=Role.ADMIN if name == BOSS else Role.AGENT)
        ids = {one["name"]: one["id"] for one in self._all("/api/agents")}
        for name, branch in TEAM.items():
            if branch:
                body = {"name": branch}
                place = self.shop.ask("POST", "/api/branches", body, by=BOSS)["id"]
                self.shop.ask("PATCH", f"/api/agents/{ids[name]}", {"branch_id": place}, by=BOSS)
        self.shop.ask("PATCH", f"/api/agents/{ids['د. آية حمدي']}", {"capacity": 4}, by=BOSS)
        for shortcut, title, text in REPLIES:
            reply = {"shortcut": shortcut, "title": title, "text": text, "shared": True}
            self.shop.ask("POST", "/api/ready-replies", reply, by=BOSS)

    def _write(self, name: str, *texts: str) -> Customer:
        customer = self.shop.customer(name)
        for text in texts:
            customer.write(text)
        return customer

    def _colleagues(self) -> None:
        """Each is there alone while customers of theirs write; two find nobody."""
        shares = {
            "د. أحمد الشناوي": ("نهى عادل", "أحمد طارق", "سعاد منير", "خالد منصور", "دعاء سمير"),
            "د. منى فتحي": ("حسن الشربيني", "Ahmed Nabil", "هالة فؤاد"),
            "Omar Said": ("صلاح عبد الله", "رانيا جمال"),
            "د. آية حمدي": ("فاطمة حسن", "عمرو زكريا", "Laila Samir", "سيد عوض"),
        }
        for colleague, customers in shares.items():
            self.here(colleague, "online")
            for name in customers:
                self._write(name, "عندكم كونكور 5؟")
                self._arrived(name)
                self.say(name, "أيوه متوفر.", by=colleague)
            if colleague == "Omar Said":
                self._write("علا السباعي", "عندكم Ventolin بخاخ؟")
                self._arrived("علا السباعي")
            self.here(colleague, "break")

    def _saras(self) -> None:
        self.here(SARA, "online")
        answered = {
            "د. شيرين المهدي": ("محتاجة حقن فيتامين د", "متوفرة، 45 جنيه الحقنة."),
            "Mariam Adel": ("Is the cream in stock?", "تمام حضرتك، في انتظارك في أي وقت"),
            "محمد عبد الفتاح السيد إبراهيم": ("صباح الخير، الدواء وصل؟", "صباح النور، وصل الفرع."),
        }
        for name, (asked, answer) in answered.items():
            phone = self._write(name, asked)
            self._arrived(name)
            self.say(name, answer)
            self._until(phone.reads)
        self._troubled()
        self._talk()
        self._write("الحاج رمضان", "السلام عليكم", "الدواء خلص", "يا دكتور أنا مستني الرد من بدري")
        self.shop.customer("حسام فوزي").send(prescription(), kind="image", mime_type="image/png")
        for name in ("الحاج رمضان", "حسام فوزي"):
            self._arrived(name)
        self.here(SARA, "break")
        self._write("هاني رشدي", "السلام عليكم، محتاج حد يرد عليا")
        self._write("Salma Fahmy", "Do you deliver to Talkha?")
        self._arrived("Salma Fahmy")
        self.here(SARA, "online")
        for colleague in ("د. أحمد الشناوي", "د. منى فتحي"):
            self.here(colleague, "online")

    def _troubled(self) -> None:
        """One was refused, of one nobody knows, one may only get a template."""
        self._write("Nour Hassan", "ممكن السعر؟")
        self._arrived("Nour Hassan")
        self.shop.ask("POST", "/api/sandbox/scenario", {"refuse_next": True})
        self.say("Nour Hassan", "السعر 240 جنيه شامل التوصيل.")
        self._settled("Nour Hassan")
        self.shop.ask("POST", "/api/sandbox/scenario", {"no_answer": True})
        self.say("Nour Hassan", "نحجزه باسم حضرتك؟")
        self._settled("Nour Hassan")
        self.shop.ask("POST", "/api/sandbox/scenario", {"no_answer": False})
        self._write("مروة سامي", "شكرًا لحضرتك")
        self._arrived("مروة سامي")
        self.say("مروة سامي", "العفو، تحت أمرك.")
        self.shop.let_window_close("مروة سامي", within=timedelta(hours=-2))

    def _talk(self) -> None:
        """The conversation that is looked at: it has one of each."""
        yousef = self._write("أم يوسف", "مساء الخير يا دكتور، الروشتة دي موجودة عندكم؟")
        yousef.send(prescription(), kind="image", mime_type="image/png")
        self._arrived("أم يوسف")
        self.say(
            "أم يوسف",
            "مساء النور يا أم يوسف. كله متوفر ما عدا Augmentin 1g، "
            "وعندنا بديله Hibiotic 1g بنفس المادة الفعالة.",
        )
        self._until(yousef.reads)
        yousef.send(a_recording("ogg", seconds=9, fades=True), kind="voice", mime_type="audio/ogg")
        self._until(lambda: self.ticket_of("أم يوسف")["last_message_kind"] == "voice")
        self.say("أم يوسف", "تمام، قرص كل 12 ساعة بعد الأكل لمدة 7 أيام.")
        self._until(lambda: len(yousef.reads()) > 1)
        ticket = self.ticket_of("أم يوسف")
        self.shop.ask(
            "POST",
            f"/api/tickets/{ticket['id']}/notes",
            {"text": "حساسية بنسلين عند الابن الأصغر، راجع الطبيب قبل أي بديل."},
            by=SARA,
        )
        branches = self._all("/api/branches")
        body = {
            "tags": ["ضغط", "توصيل منزلي"],
            "notes": "تفضل التوصيل قبل الظهر.",
            "branch_id": branches[0]["id"],
        }
        self.shop.ask("PATCH", f"/api/customers/{ticket['customer']['id']}", body, by=SARA)
        body = {"category": "روشتات", "tags": ["توصيل"]}
        self.shop.ask("PATCH", f"/api/tickets/{ticket['id']}", body, by=SARA)
        for text in ("العنوان: ٢٥ شارع قناة السويس، الدور ٣", "ينفع حد يوصل قبل الضهر؟"):
            yousef.write(text)
        self._until(lambda: self.ticket_of("أم يوسف")["unread"] == 2)

    def _arrived(self, name: str) -> None:
        def there() -> bool:
            found = self.shop.ask("GET", "/api/tickets?limit=500", by=BOSS)["items"]
            return any(one["customer"]["name"] == name for one in found)

        self._until(there)

    def _settled(self, name: str) -> None:
        path = f"/api/tickets/{self.ticket_of(name)['id']}/messages"
        open_ = {"queued", "sending"}
        self._until(
            lambda: (
                not open_ & {one["status"] for one in self.shop.ask("GET", path, by=SARA)["items"]}
            )
        )

    @staticmethod
    def _until(done: Callable[[], object]) -> None:
        end = time.monotonic() + _WAIT_S
        while not done():
            assert time.monotonic() < end, "the story does not go on"
            time.sleep(0.1)

    def _past(self) -> None:
        """Weeks of closed conversations, and a busy hour and a half, as the database keeps them."""
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        folder = self.shop.database
        with closing(sqlite3.connect(folder, timeout=10)) as database, database:
            found = database.execute("SELECT id FROM agents WHERE role = 'agent' ORDER BY id")
            agents = [one for (one,) in found]
            row: dict[str, Any] = {"provider": "sandbox", "id_ext": "201000000000"}
            row |= {"name": "أم كريم", "named_by_hand": 0}
            row |= {"created_at": _text(midnight - timedelta(days=40))}
            customer = _insert(database, "customers", row)
            for back in range(PRIOR_DAYS, 0, -1):
                for _ in range(self.lots.randint(34, 52) - back // 3):
                    at = midnight + timedelta(days=-back, hours=9 + 11 * self.lots.random())
                    self._closed(database, at, self.lots.choice(agents), customer, slow=45 + back)
            for minute in range(98, 4, -1):
                at = now - timedelta(minutes=minute)
                if self.lots.random() < 0.35 + 0.4 * math.sin(minute / 30):
                    self._closed(database, at, self.lots.choice(agents), customer, slow=42)

    def _closed(
        self, database: sqlite3.Connection, at: datetime, agent: int, customer: int, *, slow: float
    ) -> None:
        took = timedelta(seconds=self.lots.lognormvariate(math.log(slow), 0.6))
        end = _text(at + took + timedelta(minutes=4))
        common: dict[str, Any] = {"provider": "sandbox", "id_ext": "201000000000"}
        common |= {"customer_id": customer, "version": 1}
        ticket = {**common, "status": "closed", "agent_id": agent, "unread": 0}
        ticket |= {"opened_at": _text(at), "closed_at": end, "close_reason": "تم البيع"}
        ticket |= {"last_message_at": end, "last_message": "شكرًا"}
        ticket["rating"] = self.lots.choice([None, 3, 4, 5, 5, 5])
        ticket_id = _insert(database, "tickets", ticket)
        answers = [took + timedelta(minutes=n) for n in range(self.lots.randint(1, 4))]
        for by, after in [(None, timedelta()), *((agent, one) for one in answers)]:
            when = _text(at + after)
            said = {**common, "ticket_id": ticket_id, "agent_id": by, "kind": "text", "text": "…"}
            said |= {"direction": "out" if by else "in", "status": "read" if by else "received"}
            said |= {"sender_type": "agent" if by else "customer", "number": 0, "position": 0}
            said |= {"sent_at": when, "received_at": when, "stored_at": when}
            _insert(database, "messages", said)
        if took > PATIENCE:
            late: dict[str, Any] = {"ticket_id": ticket_id, "agent_id": agent, "ended_by": agent}
            late |= {"started_at": _text(at + PATIENCE), "ended_at": _text(at + took)}
            _insert(database, "ticket_delays", late)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
    columns, places = ", ".join(row), ", ".join("?" * len(row))
    done = database.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", [*row.values()])
    return int(done.lastrowid or 0)


def prescription() -> bytes:
    """Return a photo of a sheet with a doctor's hand on it, lying on a table."""
    photo = Image.new("RGB", (900, 680), "#b79a76")
    sheet = Image.new("RGBA", (500, 640), "#fbfaf4")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, 500, 70), fill="#dcebe6")
    pen.rectangle((40, 26, 230, 44), fill="#2d6b60")
    for line in range(6):
        end = 300 + (line * 97) % 140
        dots = [(x, 140 + 74 * line + 13 * math.sin(x / 9 + line)) for x in range(50, end, 3)]
        pen.line(dots, fill="#22407f", width=5)
    pen.ellipse((360, 500, 460, 600), outline="#5b4a9a", width=6)
    turned = sheet.rotate(4, expand=True, resample=Image.Resampling.BICUBIC)
    photo.paste(turned, (200, 10), turned)
    made = io.BytesIO()
    photo.save(made, "PNG")
    return made.getvalue()

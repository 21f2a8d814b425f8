"""The kinds of errors the API tells: one status, title and hint for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from khalifa.application.ports.journal import JournalUnavailable
from khalifa.application.ports.media import StoreUnavailable
from khalifa.application.ports.messaging import DeliveryError
from khalifa.application.ports.readers import InvalidCursor
from khalifa.application.ports.unit_of_work import BadData, ConcurrentChange, DatabaseUnavailable
from khalifa.application.provider_status import NotPairable
from khalifa.application.sign_in import SignInRefused, WrongPassword
from khalifa.application.start_conversation import TicketElsewhere
from khalifa.domain.errors import (
    CannotQuote,
    CannotReopen,
    CannotSend,
    Conflict,
    DomainError,
    FateKnown,
    FileSentElsewhere,
    FileTooLarge,
    FileTypeRefused,
    IdempotencyKeyReused,
    InvalidAgent,
    InvalidBranch,
    InvalidContent,
    InvalidCustomer,
    InvalidFigures,
    InvalidPhoneNumber,
    InvalidReadyReply,
    InvalidSearch,
    InvalidSettings,
    InvalidText,
    InvalidTicket,
    NameTaken,
    NoRoute,
    NotAllowed,
    NotFound,
    ShortcutTaken,
    TicketAlreadyClosed,
    WasSent,
)
from khalifa.domain.pace import FirstContactsUsedUp
from khalifa.domain.sessions import SignInLocked
from khalifa.domain.two_step import CodeRefused, CodeWanted, TwoStepOff, TwoStepOn, WrongCode
from khalifa.domain.window import WindowClosed
from khalifa.entrypoints.http.refused_requests import (
    BodyTooLarge,
    BodyTooSlow,
    ForeignOrigin,
    MethodNotAllowed,
    NoSuchPart,
    NotSignedIn,
    ProviderRetired,
    TooManyRequests,
    UnsignedWebhook,
    WronglySignedWebhook,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    What the API says of one kind of error: always the same status, title and hint.

    ``arabic`` is for agents, where the error itself has no Arabic words.
    """

    status: HTTPStatus
    title: str
    arabic: str
    hint: str
    retry_after: int | None = None


KINDS: Mapping[type[Exception], Kind] = {
    NotSignedIn: Kind(
        status=HTTPStatus.UNAUTHORIZED,
        title="Nobody is signed in",
        arabic="سجّل الدخول أولًا.",
        hint="Sign in with `POST /api/auth/login`, or make a token with `khalifa agents token`.",
    ),
    SignInRefused: Kind(
        status=HTTPStatus.UNAUTHORIZED,
        title="The name or the password is not right",
        arabic="الاسم أو كلمة المرور غير صحيحة.",
        hint="It does not say which. `khalifa agents password NAME` sets a new password.",
    ),
    SignInLocked: Kind(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        title="Too many wrong passwords or codes",
        arabic="محاولات خاطئة كثيرة. حاول بعد قليل.",
        hint="Wait as many seconds as `Retry-After` says. Passwords can be tried from elsewhere.",
    ),
    CodeWanted: Kind(
        status=HTTPStatus.UNAUTHORIZED,
        title="A code is wanted, too",
        arabic="اكتب الرمز من تطبيق التوثيق.",
        hint="The password is right, and two-step sign-in is on: the same again with `code`. "
        "Programs use a token.",
    ),
    CodeRefused: Kind(
        status=HTTPStatus.UNAUTHORIZED,
        title="The code is not right",
        arabic="الرمز غير صحيح أو استُعمل من قبل.",
        hint="A code is good once, for a minute or so; a recovery code once.",
    ),
    WrongCode: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="The code is not right",
        arabic="الرمز غير صحيح أو استُعمل من قبل.",
        hint="A code is good once, for a minute or so; a recovery code once.",
    ),
    TwoStepOn: Kind(
        status=HTTPStatus.CONFLICT,
        title="Two-step sign-in is on already",
        arabic="الدخول بخطوتين مفعّل من قبل.",
        hint="Switch it off first, to tell another app.",
    ),
    TwoStepOff: Kind(
        status=HTTPStatus.CONFLICT,
        title="Two-step sign-in is not on",
        arabic="الدخول بخطوتين غير مفعّل.",
        hint="It is switched on with `POST /api/me/two-step`, then a first code.",
    ),
    WrongPassword: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="The present password is not right",
        arabic="كلمة المرور الحالية غير صحيحة.",
        hint="An administrator can set a new one.",
    ),
    NotAllowed: Kind(
        status=HTTPStatus.FORBIDDEN,
        title="Not allowed",
        arabic="غير مسموح لك بهذا.",
        hint="Agents see their own tickets; the rest is for administrators.",
    ),
    ForeignOrigin: Kind(
        status=HTTPStatus.FORBIDDEN,
        title="The request came from another site",
        arabic="جاء الطلب من موقع آخر.",
        hint="With a session cookie, changes are taken from our own pages only. Programs use a "
        "token.",
    ),
    NotFound: Kind(
        status=HTTPStatus.NOT_FOUND,
        title="Not found",
        arabic="غير موجود.",
        hint="There is no such thing.",
    ),
    TicketAlreadyClosed: Kind(
        status=HTTPStatus.CONFLICT,
        title="The ticket is closed",
        arabic="المحادثة مغلقة. تُفتح من جديد عندما يكتب العميل.",
        hint="It opens again when the customer writes.",
    ),
    CannotReopen: Kind(
        status=HTTPStatus.CONFLICT,
        title="The ticket cannot be opened again",
        arabic="لا يمكن فتح هذه المحادثة من جديد.",
        hint="It is open, or was closed too long ago, or the customer has another one by now.",
    ),
    NameTaken: Kind(
        status=HTTPStatus.CONFLICT,
        title="The name is taken",
        arabic="الاسم مستخدم. اختر اسمًا آخر.",
        hint="Choose another name.",
    ),
    ShortcutTaken: Kind(
        status=HTTPStatus.CONFLICT,
        title="The shortcut is taken",
        arabic="الاختصار مستخدم في رد جاهز آخر. اختر غيره.",
        hint="Another ready reply of the same owner has it. Choose another one.",
    ),
    IdempotencyKeyReused: Kind(
        status=HTTPStatus.CONFLICT,
        title="The Idempotency-Key came before with another message",
        arabic="سبق استخدام مفتاح التكرار هذا مع رسالة أخرى.",
        hint="Use a new key for each message, and the same one only to repeat it.",
    ),
    CannotQuote: Kind(
        status=HTTPStatus.CONFLICT,
        title="That message cannot be quoted or reacted to",
        arabic="لا يمكن اقتباس هذه الرسالة أو التفاعل معها الآن.",
        hint="The provider of the moment does not know it. Answer without quoting it.",
    ),
    FateKnown: Kind(
        status=HTTPStatus.CONFLICT,
        title="It is known what became of the message",
        arabic="معروف ما حدث لهذه الرسالة.",
        hint="Only a message whose status is `unknown` is settled by a person.",
    ),
    WasSent: Kind(
        status=HTTPStatus.CONFLICT,
        title="The message was sent",
        arabic="أُرسلت هذه الرسالة.",
        hint="Only a message of ours whose status is `failed` is deleted: nobody else has seen it.",
    ),
    NoRoute: Kind(
        status=HTTPStatus.CONFLICT,
        title="No provider can reach this customer now",
        arabic="لا يستطيع أي مزوّد الوصول إلى هذا العميل الآن.",
        hint="`GET /api/provider` shows what is wrong with which.",
    ),
    TicketElsewhere: Kind(
        status=HTTPStatus.CONFLICT,
        title="Another agent talks with this customer",
        arabic="يتحدث موظف آخر مع هذا العميل بالفعل.",
        hint="A customer has one open ticket. An administrator can give it to somebody else.",
    ),
    FirstContactsUsedUp: Kind(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        title="Enough people who never wrote were written to",
        arabic="كُتب لعدد كافٍ ممن لم يكتبوا لنا في هذه الساعة.",
        hint="Wait as many seconds as `Retry-After` says. `GET /api/provider` shows what is left.",
    ),
    WindowClosed: Kind(
        status=HTTPStatus.CONFLICT,
        title="Only a template can be sent now",
        arabic="لا يمكن الآن إرسال غير قالب معتمد.",
        hint="The customer last wrote before `window_closed_at`. `templates` may be sent instead.",
    ),
    Conflict: Kind(
        status=HTTPStatus.CONFLICT,
        title="Not possible in this state",
        arabic="لا يمكن تنفيذ ذلك في الوضع الحالي.",
        hint="Read the thing anew, then decide.",
    ),
    FileSentElsewhere: Kind(
        status=HTTPStatus.CONFLICT,
        title="The file was sent in another conversation",
        arabic="أُرسل هذا الملف في محادثة أخرى.",
        hint="Upload it again for this one.",
    ),
    FileTooLarge: Kind(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        title="The file is too large",
        arabic="الملف أكبر من المسموح.",
        hint="`detail` names the limit, which differs by provider and kind.",
    ),
    FileTypeRefused: Kind(
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        title="The provider does not take this type of file",
        arabic="لا يقبل المزوّد هذا النوع من الملفات.",
        hint="`detail` names the types it takes as this kind. Any may be sent as a document.",
    ),
    BodyTooLarge: Kind(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        title="The body is too large",
        arabic="الطلب أكبر من الحد المسموح.",
        hint="The detail names the limit.",
    ),
    BodyTooSlow: Kind(
        status=HTTPStatus.REQUEST_TIMEOUT,
        title="The body took too long",
        arabic="لم يصل الطلب كاملًا في الوقت المتاح.",
        hint="Large bodies take turns. The detail names the time each has.",
    ),
    InvalidText: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="The text cannot be sent",
        arabic="لا يمكن إرسال هذا النص.",
        hint="A message has 1 to 4,096 characters, not only spaces.",
    ),
    InvalidContent: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="The message cannot be sent like this",
        arabic="في الرسالة شيء ناقص أو فوق الحد المسموح.",
        hint="The detail names what is missing, or the limit.",
    ),
    InvalidAgent: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible for this agent",
        arabic="لا يمكن ذلك لهذا الموظف.",
        hint="The detail names the limit.",
    ),
    InvalidBranch: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible for this branch",
        arabic="لا يمكن استخدام اسم الفرع هذا. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidCustomer: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible for this customer",
        arabic="لا يمكن حفظ هذا للعميل. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidSettings: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible as a setting",
        arabic="لا يمكن حفظ هذا الإعداد. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidTicket: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible for this ticket",
        arabic="لا يمكن حفظ هذا للمحادثة. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidFigures: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible to count",
        arabic="لا يمكن حساب هذه الأيام. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidSearch: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible to look for",
        arabic="لا يمكن البحث بهذا. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidReadyReply: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible for a ready reply",
        arabic="لا يمكن حفظ هذا الرد الجاهز. التفاصيل تذكر الحد المسموح.",
        hint="The detail names the limit.",
    ),
    InvalidPhoneNumber: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not a phone number",
        arabic="هذا ليس رقم هاتف. اكتبه مع رمز الدولة: +20…",
        hint="Write it with its country code.",
    ),
    InvalidCursor: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not a cursor of this list",
        arabic="مؤشر الصفحة غير صحيح.",
        hint="Give `next_cursor` as it came, or nothing for the first page.",
    ),
    BadData: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="This cannot be stored",
        arabic="لا يمكن حفظ هذا.",
        hint="Something in it fits no column: a character or a length.",
    ),
    ProviderRetired: Kind(
        status=HTTPStatus.GONE,
        title="The provider is retired",
        arabic="أُوقف هذا المزوّد، ولا يُستقبل منه شيء.",
        hint="Stop it at its own end, too, so that it does not call again and again.",
    ),
    UnsignedWebhook: Kind(
        status=HTTPStatus.UNAUTHORIZED,
        title="The webhook call is not signed",
        arabic="الطلب غير موقّع.",
        hint="Nothing shows that the provider sent it, and nothing was kept.",
    ),
    WronglySignedWebhook: Kind(
        status=HTTPStatus.FORBIDDEN,
        title="The webhook call is wrongly signed",
        arabic="توقيع الطلب غير صحيح.",
        hint="The provider's secret and ours differ, or somebody else sent it. Nothing was kept.",
    ),
    MethodNotAllowed: Kind(
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        title="The method is not allowed",
        arabic="هذا العنوان لا يقبل هذه الطريقة.",
        hint="The header `Allow` lists those that are.",
    ),
    NoSuchPart: Kind(
        status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        title="The file is shorter than that",
        arabic="الملف أقصر من الجزء المطلوب.",
        hint="The header `Content-Range` says how long it is.",
    ),
    DomainError: Kind(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Not possible",
        arabic="غير ممكن.",
        hint="The detail says why.",
    ),
    TooManyRequests: Kind(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        title="Too many attempts",
        arabic="محاولات كثيرة. حاول بعد قليل.",
        hint="Wait as many seconds as `Retry-After` says.",
    ),
    CannotSend: Kind(
        status=HTTPStatus.NOT_IMPLEMENTED,
        title="The provider cannot send this",
        arabic="المزوّد الحالي لا يستطيع ذلك.",
        hint="`capabilities` of `/api/tickets/{ticket_id}/route` lists what can be sent there.",
    ),
    NotPairable: Kind(
        status=HTTPStatus.NOT_IMPLEMENTED,
        title="The number is not paired in this way",
        arabic="لا يُربط الرقم عند هذا المزوّد بهذه الطريقة.",
        hint="`capabilities` of `/api/provider`: `pairing` by QR code, `pairing_by_code`.",
    ),
    DatabaseUnavailable: Kind(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="The database is away",
        arabic="قاعدة البيانات غير متاحة الآن. حاول بعد قليل.",
        hint="The same again may work later. `khalifa doctor` says what is wrong.",
        retry_after=5,
    ),
    StoreUnavailable: Kind(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="The folder of files does not work",
        arabic="مجلد الملفات غير متاح الآن. حاول بعد قليل.",
        hint="The same again may work later. `khalifa doctor` says what is wrong.",
        retry_after=5,
    ),
    ConcurrentChange: Kind(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="Too much is changing at once",
        arabic="تغيّرت أشياء كثيرة معًا. حاول مرة أخرى.",
        hint="The same again may work later.",
        retry_after=1,
    ),
    JournalUnavailable: Kind(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="The journal cannot be written",
        arabic="لا يمكن الكتابة في السجل الآن.",
        hint="The disk is full or cannot be written. The provider sends it again by itself.",
        retry_after=10,
    ),
    DeliveryError: Kind(
        status=HTTPStatus.BAD_GATEWAY,
        title="The provider could not be asked",
        arabic="تعذّر سؤال المزوّد.",
        hint="`GET /api/provider` shows what is wrong.",
    ),
}

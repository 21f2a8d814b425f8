// Every word the pages say: Arabic, the original, and English. `{…}` are variables.

const REMEMBERED = "khalifa.language";

export const english = document.documentElement.lang === "en";
const LANGUAGE = english ? 1 : 0;
const plurals = new Intl.PluralRules(english ? "en" : "ar");

const WORDS = {
  "app.name": ["خليفة", "khalifa"],
  "app.about": ["مكتب الرد على العملاء", "The customer desk"],
  "app.sections": ["الأقسام", "Sections"],
  "app.inbox": ["المحادثات", "Inbox"],
  "app.sandbox": ["هاتف التجربة", "Sandbox"],
  "app.otherLanguage": ["English", "العربية"],
  "app.signOut": ["خروج", "Sign out"],
  "app.skip": ["إلى الرسائل", "Skip to messages"],
  "app.server": ["لم نستطع التحميل. نحاول بعد لحظات.", "Could not load. Trying again in a moment."],
  "app.retry": ["حاول الآن", "Try now"],
  "app.cancel": ["إلغاء", "Cancel"],

  "auth.name": ["الاسم", "Name"],
  "auth.password": ["كلمة السر", "Password"],
  "auth.show": ["أظهر كلمة السر", "Show password"],
  "auth.hide": ["أخفِ كلمة السر", "Hide password"],
  "auth.signIn": ["دخول", "Sign in"],
  "auth.forgot": ["نسيت كلمة السر؟ اطلبها من المشرف.", "Forgot it? Ask your supervisor."],
  "auth.wrong": ["الاسم أو كلمة السر غير صحيح.", "Name or password is wrong."],
  "auth.slow": ["محاولات كثيرة. جرّب بعد {n} ثانية.", "Too many tries. Try again in {n} seconds."],
  "auth.away": ["لا يوجد اتصال بالخادم. جرّب بعد لحظات.", "The server cannot be reached. Try again in a moment."],
  "auth.ended": ["انتهت الجلسة. ادخل من جديد؛ مسوداتك محفوظة.", "Signed out. Sign in again; your drafts are kept."],

  "presence.online": ["متاح", "Available"],
  "presence.break": ["استراحة", "On break"],
  "presence.offline": ["غير متصل", "Offline"],
  "presence.connecting": ["بلا اتصال", "No connection"],
  "presence.change": ["حالتي: {state}. غيّرها", "My state: {state}. Change it"],
  "presence.breakHint": ["تبقى معك محادثاتك ولا تأتيك جديدة", "You keep yours; no new ones come"],
  "presence.onlineHint": ["تأتيك محادثات جديدة", "New conversations come to you"],

  "list.mine": ["لي", "Mine"],
  "list.all": ["الكل", "All"],
  "list.nobody": ["بلا صيدلي", "Unassigned"],
  "list.closed": ["مغلقة", "Closed"],
  "list.label": ["قائمة المحادثات", "Conversation list"],
  "list.filter": ["تصفية", "Filter"],
  "list.more": ["اعرض الأقدم", "Show older"],
  "list.noText": ["رسالة بلا نص", "A message without text"],
  "list.draft": ["مسودة:", "Draft:"],
  "list.left": ["باقٍ {time}", "{time} left"],
  "list.late": ["متأخرة {time}", "Late {time}"],
  "list.quiet": ["لا أحد ينتظر", "Nobody is waiting"],
  "list.quietOnline": ["حالتك متاح. المحادثة القادمة تأتيك هنا وحدها.", "You are available. The next conversation comes here by itself."],
  "list.quietAway": ["لست متاحًا الآن. اختر «متاح» لتأتيك محادثات جديدة.", "You are not available now. Choose “Available” and new conversations come."],
  "list.quietAll": ["لا محادثات هنا الآن.", "No conversations here now."],
  "list.noName": ["بلا اسم", "No name"],
  "list.noPhone": ["بلا رقم ظاهر", "no visible number"],

  "conv.open": ["مفتوحة", "Open"],
  "conv.delayed": ["متأخرة", "Late"],
  "conv.closed": ["مغلقة", "Closed"],
  "conv.ticket": ["تذكرة", "Ticket"],
  "conv.back": ["رجوع إلى المحادثات", "Back to conversations"],
  "conv.with": ["محادثة {name}", "Conversation with {name}"],
  "conv.pick": ["اختر محادثة، أو اضغط J لأول من ينتظر", "Pick a conversation, or press J for the first who waits"],
  "conv.gone": ["هذه المحادثة ليست معك الآن.", "This conversation is not with you now."],
  "conv.messages": ["الرسائل", "Messages"],
  "conv.jump": ["إلى آخر رسالة", "To the last message"],
  "conv.closedHint": ["هذه المحادثة مغلقة. تُفتح وحدها حين يكتب العميل.", "This conversation is closed. It opens by itself when the customer writes."],
  "conv.newMessage": ["رسالة جديدة من {name}: {text}", "New message from {name}: {text}"],

  "close.button": ["إغلاق", "Close"],
  "close.do": ["أغلق", "Close"],
  "close.title": ["إغلاق المحادثة", "Close conversation"],
  "close.reason": ["السبب", "Reason"],
  "close.sold": ["تم البيع", "Sold"],
  "close.advice": ["استشارة فقط", "Advice only"],
  "close.stock": ["الصنف غير متوفر", "Out of stock"],
  "close.silent": ["العميل لم يرد", "Customer did not reply"],
  "close.spam": ["رسالة مزعجة", "Spam"],
  "close.hint": ["إن كتب العميل خلال 24 ساعة تعود المحادثة نفسها.", "If the customer writes within 24 hours, the same conversation returns."],
  "close.done": ["أُغلقت محادثة {name}", "Closed {name}"],

  "compose.hint": ["اكتب ردًا", "Write a reply"],
  "compose.send": ["أرسل", "Send"],
  "compose.long": ["الرسالة أطول من {most} حرف. احذف {over}.", "The message is longer than {most} characters. Remove {over}."],

  "msg.queued": ["تنتظر الإرسال", "Waiting to send"],
  "msg.sending": ["تُرسل", "Sending"],
  "msg.sent": ["أُرسلت", "Sent"],
  "msg.delivered": ["وصلت", "Delivered"],
  "msg.read": ["قُرئت", "Read"],
  "msg.failed": ["لم تُرسل", "Not sent"],
  "msg.unknown": ["غير معروف", "Unknown"],
  "msg.sendAgain": ["أرسل مرة أخرى", "Send again"],
  "msg.drop": ["احذف", "Delete"],
  "msg.didItArrive": ["انقطع الاتصال بواتساب أثناء الإرسال. هل وصلت الرسالة؟", "WhatsApp went silent while sending. Did it arrive?"],
  "msg.noSendAgain": ["لم تصل، أرسلها مرة أخرى", "It did not, send it again"],
  "msg.neverTwice": ["لن نعيد الإرسال وحدنا حتى لا تصل مرتين.", "We never resend by ourselves, so it cannot arrive twice."],
  "msg.byPhone": ["من هاتف الصيدلية", "From the pharmacy phone"],
  "msg.unsupported": ["نوع لا يظهر هنا. افتحه من هاتف الصيدلية.", "Not shown here. Open it on the pharmacy phone."],

  "kind.image": ["صورة", "Photo"],
  "kind.video": ["فيديو", "Video"],
  "kind.audio": ["ملف صوتي", "Audio"],
  "kind.voice": ["رسالة صوتية", "Voice note"],
  "kind.document": ["ملف", "File"],
  "kind.sticker": ["ملصق", "Sticker"],
  "kind.location": ["موقع", "Location"],
  "kind.contacts": ["جهة اتصال", "Contact"],
  "kind.reaction": ["تفاعل", "Reaction"],
  "kind.template": ["قالب", "Template"],
  "kind.interactive": ["اختيارات", "Choices"],

  "why.ticket-already-closed": ["المحادثة مغلقة.", "the conversation is closed."],
  "why.no-route": ["لا نصل إلى هذا العميل من المزوّد الحالي.", "the current provider cannot reach this customer."],
  "why.not-allowed": ["المحادثة ليست معك الآن.", "the conversation is not with you now."],
  "why.not-found": ["المحادثة غير موجودة.", "there is no such conversation."],
  "why.invalid-text": ["النص فارغ أو أطول من 4,096 حرفًا.", "the text is empty or longer than 4,096 characters."],

  "day.today": ["اليوم", "Today"],
  "day.yesterday": ["أمس", "Yesterday"],

  "offline.none": ["لا يوجد اتصال.", "No connection."],
  "offline.kept": [
    { one: "لا يوجد اتصال. رد محفوظ هنا ويُرسل وحده.", two: "لا يوجد اتصال. ردّان محفوظان هنا ويُرسلان وحدهما.", few: "لا يوجد اتصال. {n} ردود محفوظة هنا وتُرسل وحدها.", many: "لا يوجد اتصال. {n} ردًا محفوظًا هنا وتُرسل وحدها.", other: "لا يوجد اتصال. {n} رد محفوظ هنا وتُرسل وحدها." },
    { one: "No connection. 1 reply is kept here and will send by itself.", other: "No connection. {n} replies are kept here and will send by themselves." },
  ],
  "offline.back": ["عاد الاتصال.", "Back online."],
  "unread.count": [
    { zero: "لا جديد", one: "رسالة غير مقروءة", two: "رسالتان غير مقروءتين", few: "{n} رسائل غير مقروءة", many: "{n} رسالة غير مقروءة", other: "{n} رسالة غير مقروءة" },
    { one: "1 unread message", other: "{n} unread messages" },
  ],

  "sandbox.title": ["هاتف التجربة", "Sandbox phone"],
  "sandbox.about": ["أنت العميل هنا. لا شيء يخرج إلى واتساب.", "You are the customer here. Nothing goes out to WhatsApp."],
  "sandbox.desk": ["افتح المكتب بجانبه", "Open the desk beside it"],
  "sandbox.customers": ["العملاء", "Customers"],
  "sandbox.newCustomer": ["عميل جديد", "New customer"],
  "sandbox.phone": ["الرقم", "Number"],
  "sandbox.name": ["الاسم", "Name"],
  "sandbox.add": ["أضف", "Add"],
  "sandbox.badPhone": ["ليس رقم هاتف. مثال: ‎01012345678 أو ‎+966551234567", "Not a phone number. For example 01012345678 or +966551234567"],
  "sandbox.badName": ["اكتب اسمًا.", "Write a name."],
  "sandbox.business": ["صيدليات خليفة", "Khalifa Pharmacies"],
  "sandbox.account": ["حساب أعمال", "Business account"],
  "sandbox.typing": ["يكتب الآن…", "typing…"],
  "sandbox.message": ["رسالة", "Message"],
  "sandbox.customerMessage": ["رسالة العميل", "Customer message"],
  "sandbox.empty": ["اكتب رسالة كأنك العميل، ثم ردّ عليها من المكتب.", "Write as the customer, then answer from the desk."],
  "sandbox.failures": ["جرّب الأعطال", "Try failures"],
  "sandbox.refuse": ["ارفض الرد القادم", "Refuse the next reply"],
  "sandbox.refuseHint": ["تظهر «لم تُرسل»", "shows “not sent”"],
  "sandbox.silent": ["لا ترد على الإرسال", "Do not answer the send"],
  "sandbox.silentHint": ["تظهر «هل وصلت؟» بعد 10 ثوانٍ", "shows “did it arrive?” after 10 s"],
  "sandbox.late": ["أخّر الإيصالات 5 ث", "Delay receipts by 5 s"],
  "sandbox.many": ["20 رسالة دفعة واحدة", "20 messages at once"],
  "sandbox.oneOfMany": ["رسالة {n} من 20", "Message {n} of 20"],
  "sandbox.signIn": ["من جهاز آخر لا بد من الدخول أولًا.", "From another device, sign in first."],
  "sandbox.away": ["هاتف التجربة لا يرد. نحاول بعد لحظات.", "The sandbox does not answer. Trying again in a moment."],
  "sandbox.notSent": ["لم تُرسل. جرّب مرة أخرى.", "Not sent. Try again."],
};

/** Say the words called *key*; a number `n` chooses among forms where there are several. */
export function t(key, variables = {}) {
  let words = WORDS[key][LANGUAGE];
  if (typeof words === "object") words = words[plurals.select(variables.n)] ?? words.other;
  return words.replace(/\{(\w+)\}/g, (_, name) => variables[name]);
}

export function knows(key) {
  return key in WORDS;
}

/** Read on in the other language. */
export function switchLanguage() {
  try {
    localStorage.setItem(REMEMBERED, english ? "ar" : "en");
  } catch {
    return;
  }
  location.reload();
}

# What customers read, in Arabic; customers are addressed formally, and names stand in their own direction. No native speaker has reviewed these texts yet.
#
# Each text, and each of its variables, is explained in en.ftl.

# Between number and currency stands a space at which no line breaks.
amount = { $number } { $currency }

## Who is paid and what for, on the pages of a payment and of a consent

payment-to = دفع إلى
requested-by = بطلب من
pay-title = دفع { $amount } إلى { $payee }
cancel = إلغاء
try-again = إعادة المحاولة
continue = متابعة
detail-amount = المبلغ
detail-bank = البنك
detail-date = التاريخ
detail-for = الغرض
detail-reference = الرقم المرجعي
detail-to = المستفيد
back-to = العودة إلى { $merchant }
merchant-away = لم يستجب موقع { $merchant } قبل قليل. إذا لم يفتح الزر الصفحة، فحاولوا مرة أخرى بعد بضع دقائق.
close-window = يمكنكم إغلاق هذه النافذة.
look-there = افتحوا التطبيق أو المتجر الذي بدأتم منه لمعرفة النتيجة.
save-copy = حفظ نسخة

## The checkout

checkout-pay = دفع { $amount }
checkout-pay-with = الدفع عبر { $bank }
checkout-failed = لم تتم عملية الدفع.
checkout-no-bank = الدفع غير متاح الآن. يُرجى المحاولة لاحقًا.
checkout-next = تؤكدون الدفع لدى { $bank }، ثم تعودون إلى { $merchant }.
checkout-next-there = تؤكدون الدفع هناك، ثم تعودون إلى { $merchant }.
register-for = حفظ وسيلة دفع لدى
register-title = حفظ وسيلة دفع لدى { $payee }
register-next = تُدخلون بياناتكم لدى { $bank }، ثم تعودون إلى { $merchant }.

## المتابعة على الهاتف: الرمز على الجهاز الأول، والسؤال على الهاتف، والنهاية هناك

phone-offer = المتابعة على هاتفكم
phone-code = رمز QR
phone-code-sentence = امسحوا هذا الرمز بكاميرا هاتفكم. يعمل لمدة دقيقتين، على هاتف واحد.
phone-code-over = انتهت صلاحية هذا الرمز
phone-code-lasts = يعمل الرمز لمدة دقيقتين فقط.
phone-code-again = عرض رمز جديد
phone-pay-here = الدفع على هذا الجهاز
phone-paying = تابعوا على هاتفكم
phone-paying-sentence = أكّدوا الدفع هناك. تنتقل هذه الصفحة تلقائيًا.
phone-paid-sentence = انتقلوا إلى الصفحة الأخيرة على هاتفكم، ثم تنتقل هذه الصفحة تلقائيًا.
phone-started-elsewhere = بدأت عملية الدفع هذه على جهاز آخر.
phone-only-yours = لا تدفعوا إلا إذا كنتم أنتم من بدأها هناك. إذا أرسل إليكم أحد الرمز أو عرضه عليكم، فأغلقوا هذه الصفحة.
phone-next = تؤكّدون الدفع لدى مصرفكم، ثم تتابعون من حيث بدأتم.
phone-go-back = عودوا إلى الجهاز الذي بدأتم عليه. تنتقل الصفحة هناك تلقائيًا.

## Choosing a bank

banks-choose = اختيار البنك
banks-find = البحث عن البنك
banks-search = بحث
banks-none-found = لا يوجد هنا بنك بهذا الاسم.
banks-none-offered = لا يتوفر أي بنك الآن. يُرجى المحاولة لاحقًا.
banks-show-all = عرض جميع البنوك
country = { $code ->
        [AT] النمسا
        [BE] بلجيكا
        [BG] بلغاريا
        [CH] سويسرا
        [CY] قبرص
        [CZ] التشيك
        [DE] ألمانيا
        [DK] الدانمرك
        [EE] إستونيا
        [ES] إسبانيا
        [FI] فنلندا
        [FR] فرنسا
        [GB] المملكة المتحدة
        [GR] اليونان
        [HR] كرواتيا
        [HU] هنغاريا
        [IE] أيرلندا
        [IS] آيسلندا
        [IT] إيطاليا
        [LI] ليختنشتاين
        [LT] ليتوانيا
        [LU] لوكسمبورغ
        [LV] لاتفيا
        [MT] مالطا
        [NL] هولندا
        [NO] النرويج
        [PL] بولندا
        [PT] البرتغال
        [RO] رومانيا
        [SE] السويد
        [SI] سلوفينيا
        [SK] سلوفاكيا
       *[other] { $name }
    }
bank-away = تعذّر الوصول إلى { $bank }
bank-away-unnamed = تعذّر الوصول إلى البنك
bank-away-sentence = لم يحدث شيء بعد. يُرجى إعادة المحاولة بعد قليل.
bank-choose-another = اختيار بنك آخر
session-one-bank = الدفع لدى بنككم
session-away = تعذّر الوصول إلى { $bank }.
session-next = تؤكدون الدفع لدى بنككم، ثم تعودون إلى { $merchant }.

## A consent

consent-accounts = يطلب { $merchant } الاطلاع على حساباتكم البنكية.
consent-payment = يطلب منكم { $merchant } دفع { $amount } إلى { $payee }.
consent-at-your-bank = القرار لكم لدى بنككم.
consent-may-read = ما يمكن أن يقرأه { $merchant }
consent-reads-accounts = حساباتكم وأرقامها
consent-reads-balances = أرصدتها
consent-reads-transactions = ما استلمتموه وما دفعتموه
consent-reads-planned = الأوامر الدائمة والخصم المباشر والدفعات المجدولة
consent-reads-payees = المستفيدون المحفوظون لديكم
consent-reads-identity = اسمكم وبيانات الاتصال بكم
consent-lasts = حتى { $day } على أبعد تقدير. يمكنكم إنهاء ذلك قبل هذا التاريخ في أي وقت، لدى { $merchant } أو لدى بنككم.
consent-account-access = الاطلاع على حساباتكم
consent-agreed = تمت موافقتكم
consent-agreed-accounts = يمكن الآن لـ { $merchant } الاطلاع على حساباتكم حتى { $day }. يمكنكم سحب الموافقة في أي وقت لدى { $merchant } أو لدى بنككم.
consent-agreed-payment = وافقتم على دفع { $amount } إلى { $payee }.
consent-refused = لم تتم الموافقة
consent-refused-sentence = رفضتم الطلب، ولم يحصل { $merchant } على شيء.
consent-failed = حدث خطأ ما
consent-withdrawn = سُحب الطلب
consent-withdrawn-sentence = سحب { $merchant } هذا الطلب. لم يبقَ ما يتطلب قراركم.
consent-expired = انتهت صلاحية الطلب
consent-expired-sentence = انتهت صلاحية هذا الطلب. يُرجى طلب رابط جديد من { $merchant }.

## How a payment ended

ended-paid = اكتمل الدفع
ended-paid-sentence = دفعتم { $amount } إلى { $payee }.
ended-registered = حُفظت وسيلة الدفع
ended-registered-sentence = يستطيع { $payee } الآن استخدامها في المدفوعات التي وافقتم عليها.
ended-cancelled = أُلغي الدفع
ended-cancelled-sentence = أُلغيت عملية الدفع هذه قبل تنفيذها.
ended-withdrawn = سُحب الرابط
ended-withdrawn-sentence = سحب { $merchant } رابط الدفع هذا. لم يبقَ هنا ما يُدفع.
ended-failed = فشل الدفع
ended-expired = انتهت صلاحية الرابط
ended-expired-sentence = انتهت مهلة الدفع. يُرجى طلب رابط جديد من { $merchant }.

## Why a payment or a consent failed; nothing about money that only a bank can know

reason-declined-payment = رفضتم الدفع لدى بنككم.
reason-declined-consent = رفضتم الطلب لدى بنككم.
reason-not-accepted-payment = لم يقبل بنككم عملية الدفع.
reason-not-accepted-consent = لم يقبل بنككم هذا الطلب.
reason-insufficient-funds = الرصيد في الحساب غير كافٍ.
reason-connection = هناك مشكلة في اتصال هذا المتجر بالبنك.
reason-unavailable = بنككم غير متاح في الوقت الحالي.
reason-sign-in-again = يطلب بنككم تسجيل الدخول والتأكيد مرة أخرى.
reason-malformed = تعذّرت قراءة رد بنككم.
reason-answer-lost = لم يرد بنككم في الوقت المناسب.
reason-answer-unreadable = لم تنجح قراءة رد بنككم.
reason-no-longer-valid = لم يعد تأكيد البنك صالحًا.

## Waiting for a bank

waiting-answer = لحظة من فضلكم
waiting-answer-sentence = في انتظار رد البنك.
waiting-leaving = الانتقال إلى بنككم
waiting-leaving-sentence = بنككم يستعد لاستقبالكم.
waiting-nothing-to-do = لا يلزمكم فعل أي شيء. تنتقل هذه الصفحة تلقائيًا.
waiting-long = يستغرق هذا وقتًا أطول من المعتاد. يُرجى إبقاء هذه الصفحة مفتوحة: لا يضيع شيء، ولا حاجة إلى البدء من جديد.

## Between the bank and the way home

returning = العودة من بنككم
returning-reading = لحظة من فضلكم، تجري قراءة رد بنككم.
returning-needs-script = تحتاج هذه الخطوة إلى JavaScript.
returning-switch-on = لا يستطيع قراءة رد بنككم إلا متصفحكم. يُرجى تفعيل JavaScript لهذا الموقع ثم إعادة تحميل هذه الصفحة.
returning-cannot = إذا تعذّر ذلك، فافتحوا الرابط مرة أخرى في متصفح آخر. لم يضِع شيء.
returning-taking-on = لحظة من فضلكم، سيتم الانتقال حالًا.
returning-press = لم يضِع شيء. اضغطوا على الزر إذا لم تنتقل هذه الصفحة تلقائيًا.
returning-bank-late = يجري التحقق من رد بنككم.
records-away = البيانات غير متاحة في الوقت الحالي.

## The way into an app

app-open = فتح { $merchant }
app-attempt = إذا لم يُفتح التطبيق تلقائيًا، فاضغطوا على الزر.
app-press = اضغطوا على الزر للمتابعة في التطبيق.
app-either = تابعوا في التطبيق إن كان على هذا الجهاز، وإلا ففي المتصفح.
app-elsewhere = المتابعة في المتصفح
app-missing = ليس لديّ التطبيق بعد
app-get = تثبيت تطبيق { $merchant }
app-get-steps = ثبّتوا التطبيق ثم عودوا إلى هذه الصفحة. بالزر الثاني تتابعون في التطبيق من حيث توقفتم.
app-get-day = هذه الصفحة صالحة ليوم واحد.
app-store = فتح App Store
play-store = فتح Google Play
app-unconfirmed = لم يؤكد بنككم بعد. سيُعلمكم { $merchant } فور حدوث ذلك.

## Problems

problem-go-back = ارجعوا صفحة واحدة وأعيدوا المحاولة.
problem-go-on = يمكنكم المتابعة من هنا، وإعادة المحاولة عند الحاجة.
problem-open-again = افتحوا الرابط مرة أخرى لمعرفة الحالة الراهنة.
problem-unknown-link = هذا الرابط غير معروف
problem-unknown-link-sentence = الرابط ناقص أو قديم جدًا.
problem-unknown-link-hint = افتحوه مرة أخرى من المتجر أو من الرسالة التي جئتم منها.
problem-unknown-return = تعذّرت مطابقة هذا الرد
problem-unknown-return-sentence = رد البنك لا يخص أي عملية جارية هنا.
problem-over = انتهت صلاحية هذه الصفحة
problem-over-sentence = كانت تؤدي إلى تطبيق، وصالحة لوقت قصير فقط.
problem-payment-over = انتهت عملية الدفع هذه
problem-payment-over-sentence = لم يبقَ هنا ما يُدفع.
problem-answered = سبق استلام رد بنككم
problem-answered-sentence = لم يبقَ شيء يلزم فعله في هذه الصفحة.
problem-not-usable = لا يمكن استخدام رد بنككم
problem-not-usable-sentence = فيه شيء ناقص أو خاطئ. لم يُحسم به شيء.
problem-other-browser = يُرجى المتابعة في المتصفح الذي بدأتم فيه
problem-other-browser-sentence = بدأت هذه العملية في متصفح آخر، ويطلب المتجر أن تنتهي فيه.
problem-other-browser-hint = افتحوا الرابط مرة أخرى في ذلك المتصفح.
problem-code-used = استُخدم هذا الرمز من قبل
problem-code-used-sentence = يعمل الرمز مرة واحدة، على هاتف واحد.
problem-new-code = اعرضوا رمزًا جديدًا على الجهاز الذي بدأتم عليه.
problem-elsewhere = تستمر عملية الدفع هذه على جهاز آخر
problem-elsewhere-sentence = لا يلزم فعل أي شيء على هذا الجهاز.
problem-cannot-cancel = لا يمكن إلغاء عملية الدفع هذه هنا
problem-cannot-cancel-sentence = لا يسمح المتجر بذلك لهذا الرابط.
problem-no-such-page = الصفحة غير موجودة
problem-no-such-page-sentence = لا توجد صفحة على هذا العنوان.
problem-no-such-page-hint = تحققوا من العنوان، أو افتحوا الرابط الذي وصلكم مرة أخرى.
problem-wrong-method = لا يمكن استخدام هذه الصفحة بهذه الطريقة
problem-wrong-method-sentence = الصفحة موجودة، لكن ليس لهذا النوع من الطلبات.
problem-unreadable = تعذّرت قراءة هذا الطلب
problem-unreadable-sentence = فيه شيء ناقص، أو أُرسل مرتين.
problem-store-away = لحظة واحدة
problem-store-away-hint = لم يضِع شيء. يُرجى إبقاء هذه الصفحة مفتوحة.
problem-too-often = محاولات كثيرة جدًا
problem-too-often-sentence = جُرّب هذا الرابط مرات كثيرة جدًا.
problem-too-often-hint = اطلبوا رابطًا جديدًا من التاجر.
problem-our-fault = حدث خطأ هنا
problem-our-fault-sentence = تعذّر إتمام هذه الخطوة.
problem-retry = { $seconds ->
        [one] تعيد هذه الصفحة المحاولة تلقائيًا كل ثانية.
        [two] تعيد هذه الصفحة المحاولة تلقائيًا كل ثانيتين.
        [few] تعيد هذه الصفحة المحاولة تلقائيًا كل { $seconds } ثوانٍ.
       *[other] تعيد هذه الصفحة المحاولة تلقائيًا كل { $seconds } ثانية.
    }

## Around every page; the merchant's own pages are linked in its foot

test-mark = هذا اختبار. لا تُحوَّل أي أموال.
footer-support = المساعدة من { $merchant }
footer-legal = معلومات قانونية

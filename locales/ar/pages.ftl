# ما تقوله صفحات المواطنين. لا وسوم هنا: تأتي الوسوم مع المعطيات.

## Everywhere

site = رسوم الخدمات العامة
skip = انتقل إلى المحتوى
switch-language = English
demo-note = هذا عرض تجريبي، ولا تُحصَّل فيه أموال حقيقية.
footer-note = يُحسب كل رسم من جدول منشور، ويؤول كاملًا إلى الجهة المذكورة بجانبه. ولا يجوز لأي شركة دفع أن تضيف إليه شيئًا.
home = الصفحة الرئيسية
price-list = قائمة الرسوم
money = { $amount } جنيه
date = { $weekday } { $day } { $month } { $year }
moment = { $date }، الساعة { $clock } { $half }
morning = صباحًا
afternoon = مساءً
month = { $count ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
}
weekday = { $count ->
    [1] الاثنين
    [2] الثلاثاء
    [3] الأربعاء
    [4] الخميس
    [5] الجمعة
    [6] السبت
   *[7] الأحد
}
days = { $count ->
    [zero] أقل من يوم
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يومًا
   *[other] { $count } يوم
}
hours = { $count ->
    [zero] أقل من ساعة
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $count } ساعات
    [many] { $count } ساعةً
   *[other] { $count } ساعة
}
minutes = { $count ->
    [zero] أقل من دقيقة
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $count } دقائق
    [many] { $count } دقيقةً
   *[other] { $count } دقيقة
}
left-one = يتبقى { $only }
left-two = يتبقى { $first } و{ $second }

## Ways to pay

method-card = بطاقة بنكية
method-wallet = محفظة إلكترونية على المحمول
method-post = مكتب بريد
method-epayment = منفذ أو تطبيق دفع إلكتروني
method-card-hint = على الصفحة الآمنة لشركة الدفع. لا يصل إلينا رقم بطاقتك.
method-wallet-hint = توافق على السداد من هاتفك.
method-post-hint = لدى شباك أي مكتب بريد.
method-epayment-hint = تحصل على كود تذكره لدى أحد المنافذ أو تكتبه في التطبيق، مثل فوري.
tender-card = بالبطاقة
tender-wallet = من المحفظة
tender-cash = نقدًا
way = { $method }، { $tender }
provider-fawry = فوري
provider-paymob = باي موب
provider-mpgs = بوابة ماستركارد
provider-upg = يو بي جي
provider-egypt-post = البريد المصري
provider-none = لا شيء مستحق

## Front page

front-title = سداد رسوم الخدمات العامة
front-lead = هنا تُسدَّد رسوم الخدمات العامة في مصر. كل رسم مأخوذ من جدول منشور يذكر القانون أو القرار الذي يستند إليه.
front-pay-title = للسداد
front-pay-text = افتح رابط السداد الذي حصلت عليه من بوابة الخدمات أو التطبيق أو مكتب الخدمة. الرابط خاص بك وحدك، فلا تعطه لغيرك.
front-prices-title = كم تتكلف الخدمات
front-prices-text = كل الرسوم السارية، والجهة التي يؤول إليها كل رسم، وسنده القانوني.
front-prices-link = افتح قائمة الرسوم
front-verify-title = التحقق من إيصال
front-verify-text = امسح المربع المطبوع على الإيصال بكاميرا الهاتف. يجب أن تكون الصفحة التي تفتح على هذا الموقع، وأن تعرض الرقم المرجعي والمبلغ نفسيهما.
front-docs-title = للبوابات والأنظمة
front-docs-text = واجهة البرمجة الخاصة بهذا المحوِّل.
front-docs-link = اقرأ المرجع

## Price list

prices-title = قائمة الرسوم
prices-lead = الرسوم السارية في { $date }، كما نشرتها الجهات.
prices-search = خدمة أو جهة أو رسم
prices-authority = الجهة
prices-all = كل الجهات
prices-date = في تاريخ
prices-show = اعرض
prices-found = { $count ->
    [zero] لا يوجد رسم مطابق.
    [one] رسم واحد
    [two] رسمان
    [few] { $count } رسوم
    [many] { $count } رسمًا
   *[other] { $count } رسم
}
prices-none = جرّب كلمة أقصر، أو اختر كل الجهات.
prices-fee = الرسم
prices-price = المبلغ أو النسبة
prices-owed = يؤول إلى
prices-basis = السند القانوني
prices-source = المصدر
prices-rules = قواعد تسري على أكثر من خدمة
prices-since = سارٍ منذ { $date }
prices-illustrative = توضيحي
prices-illustrative-note = الرسم المميَّز بكلمة «{ $mark }» ليس له مصدر منشور، وهو هنا للعرض فقط.
prices-bad-date = «{ $text }» ليس تاريخًا. اكتبه على صورة { $example }.

## Checkout

checkout-title = المراجعة والسداد
checkout-reference = الرقم المرجعي للسداد
checkout-due = يُسدَّد قبل
checkout-what = ما الذي تدفع مقابله
checkout-fee = الرسم
checkout-amount = المبلغ
checkout-owed = يؤول إلى { $beneficiary }
checkout-quantity = العدد: { $count }
checkout-units = { $count } × { $amount }
checkout-total = إجمالي الرسوم
checkout-exempt = إعفاء: { $exemption }
checkout-schedule = الجدول المنشور { $version } الصادر عن { $authority }
checkout-illustrative = رقم توضيحي للعرض فقط
checkout-how = اختر طريقة السداد
checkout-how-hint = المبلغ المذكور بجانب كل طريقة هو كل ما تدفعه.
checkout-basis = السند القانوني: { $basis }
checkout-mobile = رقم محمول المحفظة
checkout-mobile-hint = 11 رقمًا تبدأ بـ 01
checkout-continue = متابعة
checkout-later = غير متاحة بعد
checkout-later-hint = هذه الطرق منصوص عليها في الجدول، لكن لا يمكن استخدامها هنا بعد.
checkout-no-way = لا تتوافر الآن طريقة للسداد. يبقى طلبك مفتوحًا، فنرجو العودة لاحقًا.
checkout-keep = لديك كود ما زال صالحًا. إذا اخترت طريقة أخرى فلا تدفع بالكود القديم.
checkout-back = العودة إلى الكود

error-summary = يُرجى تصحيح ما يلي
error-not-now = لا يمكن ذلك الآن
error-choose-way = اختر الطريقة التي تريد السداد بها.
error-way-unknown = طريقة السداد هذه ليست من الطرق المعروضة. اختر واحدة من القائمة.
error-mobile = اكتب رقم محمول المحفظة: 11 رقمًا تبدأ بـ 01.
error-way-unavailable = لا يمكن استخدام هذه الطريقة الآن، ولم يُحصَّل منك شيء. اختر طريقة أخرى أو حاول لاحقًا.
error-provider-silent = تعذر الاتصال بـ { $provider } الآن، ولم يُحصَّل منك شيء. حاول بعد دقائق أو اختر طريقة أخرى.

last-declined = لم تُقبل المحاولة السابقة لدى { $provider }. يمكنك المحاولة مرة أخرى أو اختيار طريقة أخرى.
last-failed = تعذر تنفيذ المحاولة السابقة. يمكنك المحاولة مرة أخرى أو اختيار طريقة أخرى.
last-expired = انتهت صلاحية الكود السابق. يمكنك الحصول على كود جديد.
last-voided = أُلغي حجز المبلغ. يمكنك السداد بطريقة أخرى.
last-reversed = ردّ الشباك المبلغ في اليوم نفسه، وأصبح السداد مفتوحًا من جديد.

## The code

code-title = ادفع بهذا الكود
code-lead = طلبك في انتظار السداد. اذكر هذا الكود في أي منفذ { $provider } أو اكتبه في تطبيق { $provider }.
code-label = كود { $provider }
code-copy = انسخ الكود
code-copied = نُسخ الكود
code-amount = المبلغ المطلوب
code-until = صالح حتى
code-steps = طريقة الدفع
code-status = الحالة
code-waiting = في انتظار سدادك. تتغير هذه الصفحة من تلقاء نفسها عند وصوله.
code-refresh = تحقق الآن
code-change = غيّر طريقة السداد
code-keep-link = يمكنك إغلاق هذه الصفحة والعودة إليها بالرابط نفسه.

## While it is under way

redirect-title = تابع إلى صفحة الدفع
redirect-lead = تدفع { $amount } على الصفحة الآمنة لدى { $provider }، ثم تعود إلى هنا.
redirect-go = اذهب إلى صفحة { $provider }
phone-title = وافق من هاتفك
phone-lead = أُرسل طلب بمبلغ { $amount } إلى المحفظة { $mobile }. افتح تطبيق المحفظة ووافق عليه.
phone-qr = أو امسح هذا الرمز بتطبيق المحفظة
live-changes = تتغير هذه الصفحة من تلقاء نفسها فور ورود جديد.
preparing-title = لحظة من فضلك
preparing-lead = نجهز سدادك مع { $provider }. يستغرق ذلك ثوانيَ قليلة.
unknown-title = نتحقق من سدادك
unknown-lead = لم يصل بعد تأكيد من { $provider } بنتيجة سدادك. ونواصل السؤال حتى نعرف على وجه اليقين.
unknown-calm = من فضلك لا تدفع مرة أخرى. إذا كان المبلغ قد حُصِّل فسيُقيَّد هنا أو يُردّ إليك، ولن يضيع شيء.
unknown-since = جارٍ التحقق منذ { $moment }
held-title = المبلغ محجوز
held-lead = حُجز { $amount } لدى البنك. لا يُحصَّل إلا عند منح الخدمة، وإلا أُلغي الحجز.

## Outcomes

paid-title = تم السداد
paid-lead = وصلنا { $amount }. ليس عليك شيء آخر.
paid-nothing = لم يكن هناك مبلغ مستحق. ليس عليك شيء آخر.
paid-receipt = افتح الإيصال
paid-return = العودة إلى الخدمة
paid-at = تاريخ السداد
excess-note = دفعت { $amount } زيادة على المستحق، وسيُردّ إليك.
refunded-note = رُدّ { $amount } من هذا السداد.
expired-title = انتهت مهلة السداد
expired-lead = كان السداد متاحًا حتى { $moment }. اطلب سدادًا جديدًا من حيث قدمت على الخدمة.
expired-late = إذا كنت قد دفعت بالكود قبيل ذلك فليس عليك شيء: سيُقيَّد السداد هنا عندما تبلغ به الشركة.
cancelled-title = أُلغي هذا السداد
cancelled-lead = سحبه المكتب أو البوابة التي أنشأته. لا تدفع بأي كود حصلت عليه من أجله.
return = العودة إلى الخدمة

## Receipt

receipt-title = إيصال سداد
receipt-number = رقم الإيصال
receipt-number-later = يُعطى عند ختم يوم العمل. وحتى ذلك الحين يُعرف الإيصال بالرقم المرجعي.
receipt-reference = الرقم المرجعي للسداد
receipt-client-reference = مرجع البوابة
receipt-authority = صادر لصالح
receipt-payer = المسدِّد
receipt-payer-mobile = المحمول
receipt-payer-id = الرقم القومي
receipt-paid-at = وقت السداد (بتوقيت القاهرة)
receipt-collected-at = وقت التحصيل (بتوقيت القاهرة)
receipt-day = يوم العمل
receipt-how = طريقة السداد
receipt-through = عن طريق
receipt-provider-reference = مرجعها
receipt-lines = ما سُدِّد
receipt-basis = السند القانوني
receipt-owed = يؤول إلى
receipt-code = بند الإيراد
receipt-total = إجمالي الرسوم
receipt-amount = المبلغ المسدَّد
receipt-words = كتابةً
receipt-schedules = الجداول المنشورة
receipt-schedule = { $authority }، الإصدار { $version }، سارٍ منذ { $date }
receipt-digest = البصمة
receipt-ledger = دفتر الأستاذ
receipt-journal = القيد { $journal } بتاريخ { $day }
receipt-check = تحقق من هذا الإيصال
receipt-check-text = امسح الرمز أو افتح العنوان المكتوب تحته. يجب أن تعرض الصفحة الرقم المرجعي والمبلغ نفسيهما.
receipt-qr = رمز مربع يحمل العنوان الذي يُتحقق فيه من هذا الإيصال
receipt-print = اطبع
receipt-back = العودة إلى صفحة السداد
receipt-illustrative = في هذا الإيصال أرقام توضيحية. هو للعرض فقط وليس دليلًا على السداد.
receipt-demo = صدر عن عرض تجريبي، وليس دليلًا على السداد.

## Verification

verify-title = هذا الإيصال صحيح
verify-lead = صدر هذا الإيصال عن هذا النظام. قارن هذه البيانات بالورقة التي أمامك.
verify-paid = مسدَّد بالكامل
verify-not-paid-title = هذا الإيصال لم يعد ساريًا
verify-not-paid = صدر إيصال لهذا السداد، لكن المبلغ رُدّ بعد ذلك. السداد غير قائم الآن.
verify-unknown-title = تعذر تأكيد هذا الإيصال
verify-unknown = لا يوجد لدينا إيصال بهذا العنوان. امسح الرمز مرة أخرى، فإن ظهرت هذه الصفحة ثانية فلا تعتمد على الإيصال.

## Errors

error-not-found-title = لا توجد صفحة بهذا العنوان
error-not-found = تأكد من أن العنوان كامل. رابط السداد طويل، ولا ينبغي أن ينقص شيء من آخره.
error-no-receipt-title = لا يوجد إيصال بعد
error-no-receipt = يصدر الإيصال بعد وصول السداد.
error-gone-title = لم يعد ذلك ممكنًا
error-gone = أُغلق السداد في هذه الأثناء. افتح صفحته لتعرف حالته.
error-foreign-title = لم يأت هذا الطلب من صفحتنا
error-foreign = حرصًا عليك لم يُنفَّذ الطلب ولم يُحصَّل شيء. افتح رابط السداد وحاول من هناك.
error-too-large-title = هذا أكبر مما يمكن قراءته
error-too-large = احتوى النموذج على أكثر مما نقبل. لم يُحصَّل شيء.
error-broken-title = حدث خطأ لدينا
error-broken = لم يكن ذلك بسبب شيء فعلته. سدادك محفوظ كما كان. حاول مرة أخرى بعد دقائق.
error-busy-title = عدد كبير يسدد الآن
error-busy = حاول مرة أخرى بعد دقيقة. لم يُحصَّل شيء.
error-go-payment = افتح صفحة السداد

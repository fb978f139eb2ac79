# What the citizens' pages say. No markup in here: arguments bring their own.

## Everywhere

site = Public service fees
skip = Skip to the content
switch-language = العربية
demo-note = This is a demonstration. No real money is taken.
footer-note = Each fee is computed from a published schedule and is owed in full to the authority named beside it. No provider may add anything to it.
home = Home
price-list = Price list
money = EGP { $amount }
date = { $weekday }, { $day } { $month } { $year }
moment = { $date }, { $clock } { $half }
morning = am
afternoon = pm
month = { $count ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
weekday = { $count ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
left-one = { $only } left
left-two = { $first } and { $second } left

## Ways to pay

method-card = Bank card
method-wallet = Mobile wallet
method-post = Post office
method-epayment = E-payment outlet or app
method-card-hint = On the secure page of the payment company. Your card number never reaches us.
method-wallet-hint = You approve the payment on your phone.
method-post-hint = At the counter of any post office.
method-epayment-hint = You get a code to quote at an outlet or in an app, such as Fawry's.
tender-card = by card
tender-wallet = from a wallet
tender-cash = in cash
way = { $method }, { $tender }
provider-fawry = Fawry
provider-paymob = Paymob
provider-mpgs = Mastercard Gateway
provider-upg = UPG
provider-egypt-post = Egypt Post
provider-none = Nothing to be paid

## Front page

front-title = Pay the fees of public services
front-lead = Here you pay fees of Egyptian public services. Each fee comes from a published schedule that names the law or decree behind it.
front-pay-title = To pay
front-pay-text = Open the payment link that the service portal, the app or the service office gave you. It is yours alone: do not pass it on.
front-prices-title = What services cost
front-prices-text = Every fee in force, the authority it is owed to and its legal basis.
front-prices-link = Open the price list
front-verify-title = Check a receipt
front-verify-text = Scan the square code on the receipt with a phone's camera. The page that opens must be on this site, and show the same reference and amount.
front-docs-title = For portals and systems
front-docs-text = The programming interface of this switch.
front-docs-link = Read the reference

## Price list

prices-title = Price list
prices-lead = The fees in force on { $date }, as the authorities published them.
prices-search = Service, authority or fee
prices-authority = Authority
prices-all = All authorities
prices-date = On this date
prices-show = Show
prices-found = { $count ->
    [0] No fee matches.
    [one] { $count } fee
   *[other] { $count } fees
}
prices-none = Try a shorter word, or choose all authorities.
prices-fee = Fee
prices-price = Amount or rate
prices-owed = Owed to
prices-basis = Legal basis
prices-source = Source
prices-rules = Rules for several services
prices-since = in force since { $date }
prices-illustrative = Illustrative
prices-illustrative-note = A fee marked “{ $mark }” has no published source. It stands here for demonstration only.
prices-bad-date = “{ $text }” is not a date. Write it as in { $example }.

## Checkout

checkout-title = Review and pay
checkout-reference = Payment reference
checkout-due = Pay before
checkout-what = What you pay for
checkout-fee = Fee
checkout-amount = Amount
checkout-owed = Owed to { $beneficiary }
checkout-quantity = Quantity: { $count }
checkout-units = { $count } × { $amount }
checkout-total = Total of the fees
checkout-exempt = Exempt: { $exemption }
checkout-schedule = Published schedule { $version } of { $authority }
checkout-illustrative = Illustrative figure, for demonstration only
checkout-how = Choose how to pay
checkout-how-hint = The amount beside each way is all that you pay.
checkout-basis = Legal basis: { $basis }
checkout-mobile = The wallet's mobile number
checkout-mobile-hint = 11 digits, beginning with 01
checkout-continue = Continue
checkout-later = Not available yet
checkout-later-hint = These ways are provided for in the schedule, but cannot be used here yet.
checkout-no-way = No way to pay can be used at the moment. Your payment stays open: please come back later.
checkout-keep = You have a code that is still valid. If you choose another way, do not pay with the old code.
checkout-back = Back to your code

error-summary = Please correct this
error-not-now = This cannot be done just now
error-choose-way = Choose how you want to pay.
error-way-unknown = This way to pay is not one of those offered. Choose one from the list.
error-mobile = Write the wallet's mobile number: 11 digits, beginning with 01.
error-way-unavailable = This way to pay cannot be used just now. Nothing was taken. Choose another way, or try again later.
error-provider-silent = { $provider } is not answering just now. Nothing was taken. Try again in a few minutes, or choose another way.

last-declined = The last attempt by { $provider } was not accepted. You can try again or choose another way.
last-failed = The last attempt could not be carried out. You can try again or choose another way.
last-expired = The time of the last code ran out. You can get a new one.
last-voided = What had been held was released. You can pay in another way.
last-reversed = The counter took the payment back on the same day. It is open again.

## The code

code-title = Pay with this code
code-lead = Your payment is waiting. Quote this code at any { $provider } outlet, or type it in the { $provider } app.
code-label = { $provider } code
code-copy = Copy the code
code-copied = Copied
code-amount = Amount to pay
code-until = Valid until
code-steps = How to pay
code-status = Status
code-waiting = Waiting for your payment. This page changes by itself once it arrives.
code-refresh = Check now
code-change = Change the way to pay
code-keep-link = You can close this page and come back by the same link.

## While it is under way

redirect-title = Continue to the payment page
redirect-lead = You pay { $amount } on the secure page of { $provider }, and come back here afterwards.
redirect-go = Go to the page of { $provider }
phone-title = Approve on your phone
phone-lead = A request for { $amount } was sent to the wallet { $mobile }. Open the wallet's app and approve it.
phone-qr = Or scan this code with the wallet's app
live-changes = This page changes by itself as soon as there is news.
preparing-title = One moment please
preparing-lead = We are preparing your payment with { $provider }. This takes a few seconds.
unknown-title = We are checking your payment
unknown-lead = { $provider } has not confirmed yet what became of your payment. We keep asking until we know for certain.
unknown-calm = Please do not pay again. If money was taken, it will be credited here, or given back. Nothing is lost.
unknown-since = Being checked since { $moment }
held-title = The amount is held
held-lead = { $amount } is held with your bank. It is taken only when the service is granted; otherwise it is released.

## Outcomes

paid-title = Paid
paid-lead = We received { $amount }. You need do nothing more.
paid-nothing = There was nothing to pay. You need do nothing more.
paid-receipt = Open the receipt
paid-return = Return to the service
paid-at = Paid on
excess-note = You paid { $amount } more than was due. It will be given back to you.
refunded-note = { $amount } of this payment was given back.
expired-title = The time to pay has run out
expired-lead = This payment could be made until { $moment }. Ask for a new one where you applied for the service.
expired-late = If you paid with a code shortly before that, you need do nothing: the payment will be credited here when the company reports it.
cancelled-title = This payment was cancelled
cancelled-lead = It was withdrawn by the office or portal that made it. Do not pay with a code that you may have received for it.
return = Return to the service

## Receipt

receipt-title = Receipt
receipt-number = Receipt number
receipt-number-later = Given when the business day is sealed. Until then the payment reference identifies this receipt.
receipt-reference = Payment reference
receipt-client-reference = Your portal's reference
receipt-authority = Issued for
receipt-payer = Payer
receipt-payer-mobile = Mobile
receipt-payer-id = National ID
receipt-paid-at = Paid at (Cairo time)
receipt-collected-at = Collected at (Cairo time)
receipt-day = Business day
receipt-how = Paid by
receipt-through = Through
receipt-provider-reference = Its reference
receipt-lines = What was paid
receipt-basis = Legal basis
receipt-owed = Owed to
receipt-code = Revenue item
receipt-total = Total of the fees
receipt-amount = Amount paid
receipt-words = In words
receipt-schedules = Published schedules
receipt-schedule = { $authority }, version { $version }, in force since { $date }
receipt-digest = Digest
receipt-ledger = Ledger
receipt-journal = Journal { $journal } of { $day }
receipt-check = Check this receipt
receipt-check-text = Scan the code, or open the address beneath it. The page must show the same reference and amount.
receipt-qr = Square code with the address at which this receipt can be checked
receipt-print = Print
receipt-back = Back to the payment
receipt-illustrative = This receipt holds illustrative figures. It is a demonstration and no proof of payment.
receipt-demo = Made by a demonstration: no proof of payment.

## Verification

verify-title = This receipt is genuine
verify-lead = It was issued by this switch. Compare these facts with the paper in front of you.
verify-paid = Paid in full
verify-not-paid-title = This receipt no longer holds
verify-not-paid = A receipt was issued for this payment, but the payment was taken back since. It is not paid now.
verify-unknown-title = This receipt cannot be confirmed
verify-unknown = No receipt of this switch has this address. Scan the code again; if this page comes back, do not rely on the receipt.

## Errors

error-not-found-title = There is no such page
error-not-found = Check that you have the whole address. A payment link is long: nothing may be missing at its end.
error-no-receipt-title = There is no receipt yet
error-no-receipt = A receipt is issued once the payment has arrived.
error-gone-title = This can no longer be done
error-gone = The payment has been closed meanwhile. Open its page to see where it stands.
error-foreign-title = This request did not come from our page
error-foreign = For your safety it was not carried out, and nothing was taken. Open your payment link and try again there.
error-too-large-title = This was too much to read
error-too-large = The form held more than we accept. Nothing was taken.
error-broken-title = Something went wrong on our side
error-broken = Nothing you did caused this. Your payment is kept as it was. Please try again in a few minutes.
error-busy-title = Very many people are paying just now
error-busy = Please try again in a minute. Nothing was taken.
error-go-payment = Open the payment

# What customers read, in English. Every other language has the same texts, with the same variables.
#
# $merchant, $payee and $bank are names that others chose. Where one of them ends in a full stop, that also ends the
# sentence. $amount and $day are written as people of this language write them. $seconds is a number.

# An amount of money: $number has this language's separators, $currency is a code such as EUR.
amount = { $number } { $currency }

## Who is paid and what for, on the pages of a payment and of a consent

payment-to = Payment to
requested-by = Requested by
pay-title = Pay { $amount } to { $payee }
cancel = Cancel
try-again = Try again
continue = Continue
detail-amount = Amount
detail-bank = Bank
detail-date = Date
detail-for = For
detail-reference = Reference
detail-to = To
back-to = Back to { $merchant }
merchant-away = The website of { $merchant } did not answer a moment ago. If the button leads nowhere, try again in a few minutes.
close-window = You can close this window.
look-there = Open the app or the shop where you started to see how this ended.
save-copy = Save a copy

## The checkout

checkout-pay = Pay { $amount }
checkout-pay-with = Pay with { $bank }
checkout-failed = The payment did not go through.
checkout-no-bank = Payment is not available right now. Please try again later.
checkout-next = You confirm the payment at { $bank }, and come back to { $merchant }.
checkout-next-there = You confirm the payment there, and come back to { $merchant }.
register-for = Save your payment details for
register-title = Save your payment details for { $payee }
register-next = You enter your details at { $bank }, and come back to { $merchant }.

## Going on with a phone: the code on the first device, what the phone is asked, and how it ends there

phone-offer = Continue on your phone
phone-code = QR code
phone-code-sentence = Scan this code with your phone’s camera. It works for two minutes, on one phone.
phone-code-over = This code has expired
phone-code-lasts = A code works for two minutes only.
phone-code-again = Show a new code
phone-pay-here = Pay on this device
phone-paying = Continue on your phone
phone-paying-sentence = Confirm the payment there. This page moves on by itself.
phone-paid-sentence = Now go on to the last page on your phone. Then this page moves on by itself.
phone-started-elsewhere = This payment was started on another device.
phone-only-yours = Pay only if you started it there yourself. If somebody sent or showed you the code, close this page.
phone-next = You confirm the payment at your bank. Then you go on where you started.
phone-go-back = Go back to the device where you started. The page there moves on by itself.

## Choosing a bank

banks-choose = Choose your bank
banks-find = Find your bank
banks-search = Search
banks-none-found = No bank of this name is offered here.
banks-none-offered = No bank is available right now. Please try again later.
banks-show-all = Show all banks
country = { $code ->
        [AT] Austria
        [BE] Belgium
        [BG] Bulgaria
        [CH] Switzerland
        [CY] Cyprus
        [CZ] Czechia
        [DE] Germany
        [DK] Denmark
        [EE] Estonia
        [ES] Spain
        [FI] Finland
        [FR] France
        [GB] United Kingdom
        [GR] Greece
        [HR] Croatia
        [HU] Hungary
        [IE] Ireland
        [IS] Iceland
        [IT] Italy
        [LI] Liechtenstein
        [LT] Lithuania
        [LU] Luxembourg
        [LV] Latvia
        [MT] Malta
        [NL] Netherlands
        [NO] Norway
        [PL] Poland
        [PT] Portugal
        [RO] Romania
        [SE] Sweden
        [SI] Slovenia
        [SK] Slovakia
       *[other] { $name }
    }
bank-away = { $bank } cannot be reached
bank-away-unnamed = Your bank cannot be reached
bank-away-sentence = Nothing has happened yet. Please try again in a moment.
bank-choose-another = Choose another bank
session-one-bank = Pay at your bank
session-away = { $bank } cannot be reached.
session-next = You confirm the payment at your bank, and come back to { $merchant }.

## A consent

consent-accounts = { $merchant } asks to read your bank accounts.
consent-payment = { $merchant } asks you to pay { $amount } to { $payee }.
consent-at-your-bank = You decide at your bank.
consent-may-read = What { $merchant } could read
consent-reads-accounts = Your accounts and their numbers
consent-reads-balances = How much money is in them
consent-reads-transactions = What you have received and paid
consent-reads-planned = Standing orders, direct debits and planned payments
consent-reads-payees = The payees that you have saved
consent-reads-identity = Your name and contact details
consent-lasts = Until { $day } at the latest. You can end it at any time before, in { $merchant } or at your bank.
consent-account-access = Reading your accounts
consent-agreed = You have agreed
consent-agreed-accounts = { $merchant } can now read your accounts until { $day }. Withdraw this any time in { $merchant } or at your bank.
consent-agreed-payment = You have agreed to pay { $amount } to { $payee }.
consent-refused = You have not agreed
consent-refused-sentence = You declined, and { $merchant } has been given nothing.
consent-failed = Something went wrong
consent-withdrawn = Request withdrawn
consent-withdrawn-sentence = { $merchant } has withdrawn this request. There is nothing left to decide.
consent-expired = Request expired
consent-expired-sentence = This request has expired. Please ask { $merchant } for a new link.

## How a payment ended

ended-paid = Payment complete
ended-paid-sentence = You have paid { $amount } to { $payee }.
ended-registered = Payment details saved
ended-registered-sentence = { $payee } can use them now for payments that you have agreed to.
ended-cancelled = Payment cancelled
ended-cancelled-sentence = This payment was cancelled before it was made.
ended-withdrawn = Link withdrawn
ended-withdrawn-sentence = { $merchant } has withdrawn this payment link. There is nothing to pay here any more.
ended-failed = Payment failed
ended-expired = Link expired
ended-expired-sentence = The time to pay has run out. Please ask { $merchant } for a new link.

## Why a payment or a consent failed; nothing about money that only a bank can know

reason-declined-payment = You declined the payment at your bank.
reason-declined-consent = You declined at your bank.
reason-not-accepted-payment = Your bank did not accept the payment.
reason-not-accepted-consent = Your bank did not accept this.
reason-insufficient-funds = There is not enough money in the account.
reason-connection = There is a problem with this shop’s connection to the bank.
reason-unavailable = Your bank is not available at the moment.
reason-sign-in-again = Your bank needs you to sign in and confirm once more.
reason-malformed = Your bank’s answer could not be read.
reason-answer-lost = Your bank did not answer in time.
reason-answer-unreadable = We could not read your bank’s answer.
reason-no-longer-valid = The bank’s confirmation was no longer valid.

## Waiting for a bank

waiting-answer = One moment
waiting-answer-sentence = We are waiting for the bank’s answer.
waiting-leaving = Taking you to your bank
waiting-leaving-sentence = Your bank is getting ready for you.
waiting-nothing-to-do = You do not need to do anything. This page moves on by itself.
waiting-long = This takes longer than usual. Please keep this page open: nothing is lost, and there is no need to start again.

## Between the bank and the way home

returning = Back from your bank
returning-reading = One moment: we are reading your bank’s answer.
returning-needs-script = This step needs JavaScript.
returning-switch-on = Your bank has put its answer where only your browser can read it. Please switch JavaScript on for this site, and reload this page.
returning-cannot = If you cannot, open the link again in another browser. Nothing has been lost.
returning-taking-on = One moment: we are taking you on.
returning-press = Nothing is lost. Press the button, unless this page moves on by itself.
returning-bank-late = We are checking your bank’s answer.
records-away = We cannot reach our records right now.

## The way into an app

app-open = Open { $merchant }
app-attempt = If the app does not open by itself, press the button.
app-press = Press the button to go on in the app.
app-either = Go on in the app if you have it on this device, or else in the browser.
app-elsewhere = Continue in the browser
app-missing = I do not have the app yet
app-get = Get the { $merchant } app
app-get-steps = Install the app, and then come back to this page. The second button takes you on in the app, where you were.
app-get-day = This page works for a day.
app-store = Open the App Store
play-store = Open Google Play
app-unconfirmed = Your bank has not confirmed yet. { $merchant } will tell you as soon as it has.

## Problems

problem-go-back = Go back one page and try again.
problem-go-on = You can go on from here, and try again if need be.
problem-open-again = Open the link again to see the current status.
problem-unknown-link = We do not know this link
problem-unknown-link-sentence = The link is incomplete, or it is too old.
problem-unknown-link-hint = Open it again from the shop or the message that brought you here.
problem-unknown-return = We cannot match this answer
problem-unknown-return-sentence = The bank’s answer does not belong to anything in progress here.
problem-over = This page has expired
problem-over-sentence = It led back to an app, and was valid for a short time only.
problem-payment-over = This payment is over
problem-payment-over-sentence = There is nothing to pay here any more.
problem-answered = Your bank’s answer has been received before
problem-answered-sentence = There is nothing more to do on this page.
problem-not-usable = Your bank’s answer cannot be used
problem-not-usable-sentence = Something in it is missing or wrong. Nothing has been decided by it.
problem-other-browser = Please continue in the browser you started in
problem-other-browser-sentence = This was started in another browser, and the shop asks that it ends there.
problem-other-browser-hint = Open the link again in that browser.
problem-code-used = This code has been used before
problem-code-used-sentence = A code works once, on one phone.
problem-new-code = Show a new code on the device where you started.
problem-elsewhere = This payment goes on on another device
problem-elsewhere-sentence = There is nothing to do on this device.
problem-cannot-cancel = This payment cannot be cancelled here
problem-cannot-cancel-sentence = The shop does not allow it for this link.
problem-no-such-page = Page not found
problem-no-such-page-sentence = There is no page at this address.
problem-no-such-page-hint = Check the address, or open the link you were given again.
problem-wrong-method = This page cannot be used in this way
problem-wrong-method-sentence = The page exists, but not for this kind of request.
problem-unreadable = We could not read this request
problem-unreadable-sentence = Something in it is missing, or it was sent twice.
problem-store-away = Just a moment
problem-store-away-hint = Nothing is lost. Please keep this page open.
problem-too-often = Too many tries
problem-too-often-sentence = This link has been tried too often.
problem-too-often-hint = Ask the merchant for a new link.
problem-our-fault = Something went wrong on our side
problem-our-fault-sentence = We could not finish this step.
problem-retry = { $seconds ->
        [one] This page tries again by itself every second.
       *[other] This page tries again by itself every { $seconds } seconds.
    }

## Around every page; the merchant's own pages are linked in its foot

test-mark = This is a test. No money moves.
footer-support = Help from { $merchant }
footer-legal = Legal notice

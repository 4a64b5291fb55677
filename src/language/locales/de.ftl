# What customers read, in German; customers are addressed as Sie. No native speaker has reviewed these texts yet.
#
# Each text, and each of its variables, is explained in en.ftl.

# Between number and currency stands a space at which no line breaks.
amount = { $number } { $currency }

## Who is paid and what for, on the pages of a payment and of a consent

payment-to = Zahlung an
requested-by = Angefragt von
pay-title = { $amount } an { $payee } zahlen
cancel = Abbrechen
try-again = Noch einmal versuchen
continue = Weiter
detail-amount = Betrag
detail-bank = Bank
detail-date = Datum
detail-for = Wofür
detail-reference = Referenz
detail-to = Empfänger
back-to = Zurück zu { $merchant }
merchant-away = Die Website von { $merchant } hat eben nicht geantwortet. Wenn die Schaltfläche nicht weiterführt, versuchen Sie es in ein paar Minuten noch einmal.
close-window = Sie können dieses Fenster schließen.
look-there = In der App oder dem Shop, wo Sie begonnen haben, sehen Sie, wie es ausgegangen ist.
save-copy = Kopie speichern

## The checkout

checkout-pay = { $amount } zahlen
checkout-pay-with = Mit { $bank } zahlen
checkout-failed = Die Zahlung hat nicht geklappt.
checkout-no-bank = Sie können im Moment nicht zahlen. Bitte versuchen Sie es später noch einmal.
checkout-next = Sie bestätigen die Zahlung bei { $bank } und kommen dann zurück zu { $merchant }.
checkout-next-there = Sie bestätigen die Zahlung dort und kommen dann zurück zu { $merchant }.
register-for = Zahlungsmittel hinterlegen bei
register-title = Zahlungsmittel bei { $payee } hinterlegen
register-next = Sie geben Ihre Daten bei { $bank } ein und kommen dann zurück zu { $merchant }.

## Weiter mit dem Telefon: der Code auf dem ersten Gerät, die Frage auf dem Telefon, und das Ende dort

phone-offer = Weiter mit dem Telefon
phone-code = QR-Code
phone-code-sentence = Scannen Sie diesen Code mit der Kamera Ihres Telefons. Er gilt zwei Minuten lang, für ein Telefon.
phone-code-over = Dieser Code ist abgelaufen
phone-code-lasts = Ein Code gilt nur zwei Minuten lang.
phone-code-again = Neuen Code zeigen
phone-pay-here = Auf diesem Gerät zahlen
phone-paying = Weiter auf Ihrem Telefon
phone-paying-sentence = Bestätigen Sie die Zahlung dort. Diese Seite geht von selbst weiter.
phone-paid-sentence = Gehen Sie auf dem Telefon bis zur letzten Seite. Dann geht diese Seite von selbst weiter.
phone-started-elsewhere = Diese Zahlung wurde auf einem anderen Gerät begonnen.
phone-only-yours = Zahlen Sie nur, wenn Sie sie dort selbst begonnen haben. Hat Ihnen jemand den Code geschickt oder gezeigt, schließen Sie diese Seite.
phone-next = Sie bestätigen die Zahlung bei Ihrer Bank. Danach geht es dort weiter, wo Sie begonnen haben.
phone-go-back = Gehen Sie zurück zu dem Gerät, auf dem Sie begonnen haben. Die Seite dort geht von selbst weiter.

## Choosing a bank

banks-choose = Wählen Sie Ihre Bank
banks-find = Bank suchen
banks-search = Suchen
banks-none-found = Eine Bank mit diesem Namen gibt es hier nicht.
banks-none-offered = Im Moment ist keine Bank erreichbar. Bitte versuchen Sie es später noch einmal.
banks-show-all = Alle Banken zeigen
country = { $code ->
        [AT] Österreich
        [BE] Belgien
        [BG] Bulgarien
        [CH] Schweiz
        [CY] Zypern
        [CZ] Tschechien
        [DE] Deutschland
        [DK] Dänemark
        [EE] Estland
        [ES] Spanien
        [FI] Finnland
        [FR] Frankreich
        [GB] Vereinigtes Königreich
        [GR] Griechenland
        [HR] Kroatien
        [HU] Ungarn
        [IE] Irland
        [IS] Island
        [IT] Italien
        [LI] Liechtenstein
        [LT] Litauen
        [LU] Luxemburg
        [LV] Lettland
        [MT] Malta
        [NL] Niederlande
        [NO] Norwegen
        [PL] Polen
        [PT] Portugal
        [RO] Rumänien
        [SE] Schweden
        [SI] Slowenien
        [SK] Slowakei
       *[other] { $name }
    }
bank-away = { $bank } ist nicht erreichbar
bank-away-unnamed = Ihre Bank ist nicht erreichbar
bank-away-sentence = Es ist noch nichts passiert. Bitte versuchen Sie es gleich noch einmal.
bank-choose-another = Andere Bank wählen
session-one-bank = Bei Ihrer Bank zahlen
session-away = { $bank } ist nicht erreichbar.
session-next = Sie bestätigen die Zahlung bei Ihrer Bank und kommen dann zurück zu { $merchant }.

## A consent

consent-accounts = { $merchant } möchte Ihre Bankkonten einsehen.
consent-payment = { $merchant } bittet Sie, { $amount } an { $payee } zu zahlen.
consent-at-your-bank = Sie entscheiden bei Ihrer Bank.
consent-may-read = Was { $merchant } lesen könnte
consent-reads-accounts = Ihre Konten und deren Nummern
consent-reads-balances = Die Kontostände
consent-reads-transactions = Ihre Umsätze
consent-reads-planned = Daueraufträge, Lastschriften und geplante Zahlungen
consent-reads-payees = Ihre gespeicherten Zahlungsempfänger
consent-reads-identity = Ihren Namen und Ihre Kontaktdaten
consent-lasts = Längstens bis { $day }. Sie können es jederzeit vorher beenden, bei { $merchant } oder bei Ihrer Bank.
consent-account-access = Einsicht in Ihre Konten
consent-agreed = Sie haben zugestimmt
consent-agreed-accounts = { $merchant } kann Ihre Konten jetzt bis zum { $day } einsehen. Das können Sie jederzeit bei { $merchant } oder bei Ihrer Bank widerrufen.
consent-agreed-payment = Sie haben zugestimmt, { $amount } an { $payee } zu zahlen.
consent-refused = Sie haben nicht zugestimmt
consent-refused-sentence = Sie haben abgelehnt, und { $merchant } hat nichts bekommen.
consent-failed = Etwas ist schiefgegangen
consent-withdrawn = Anfrage zurückgezogen
consent-withdrawn-sentence = { $merchant } hat diese Anfrage zurückgezogen. Es gibt nichts mehr zu entscheiden.
consent-expired = Anfrage abgelaufen
consent-expired-sentence = Diese Anfrage ist abgelaufen. Bitte fragen Sie { $merchant } nach einem neuen Link.

## How a payment ended

ended-paid = Zahlung abgeschlossen
ended-paid-sentence = Sie haben { $amount } an { $payee } gezahlt.
ended-registered = Zahlungsmittel hinterlegt
ended-registered-sentence = { $payee } kann es jetzt für Zahlungen verwenden, denen Sie zugestimmt haben.
ended-cancelled = Zahlung abgebrochen
ended-cancelled-sentence = Diese Zahlung wurde abgebrochen, bevor Geld geflossen ist.
ended-withdrawn = Link zurückgezogen
ended-withdrawn-sentence = { $merchant } hat diesen Zahlungslink zurückgezogen. Hier ist nichts mehr zu zahlen.
ended-failed = Zahlung fehlgeschlagen
ended-expired = Link abgelaufen
ended-expired-sentence = Die Zeit zum Zahlen ist abgelaufen. Bitte fragen Sie { $merchant } nach einem neuen Link.

## Why a payment or a consent failed; nothing about money that only a bank can know

reason-declined-payment = Sie haben die Zahlung bei Ihrer Bank abgelehnt.
reason-declined-consent = Sie haben bei Ihrer Bank abgelehnt.
reason-not-accepted-payment = Ihre Bank hat die Zahlung nicht angenommen.
reason-not-accepted-consent = Ihre Bank hat dies nicht angenommen.
reason-insufficient-funds = Auf dem Konto ist nicht genug Geld.
reason-connection = Die Verbindung dieses Shops zur Bank ist gestört.
reason-unavailable = Ihre Bank ist im Moment nicht erreichbar.
reason-sign-in-again = Bitte melden Sie sich noch einmal bei Ihrer Bank an und bestätigen Sie erneut.
reason-malformed = Die Antwort Ihrer Bank war nicht lesbar.
reason-answer-lost = Ihre Bank hat nicht rechtzeitig geantwortet.
reason-answer-unreadable = Die Antwort Ihrer Bank konnte nicht gelesen werden.
reason-no-longer-valid = Die Bestätigung der Bank war nicht mehr gültig.

## Waiting for a bank

waiting-answer = Einen Moment
waiting-answer-sentence = Die Antwort der Bank wird erwartet.
waiting-leaving = Weiter zu Ihrer Bank
waiting-leaving-sentence = Ihre Bank bereitet alles für Sie vor.
waiting-nothing-to-do = Sie müssen nichts tun. Diese Seite geht von selbst weiter.
waiting-long = Das dauert länger als sonst. Bitte lassen Sie diese Seite offen: Es geht nichts verloren, und Sie müssen nicht neu anfangen.

## Between the bank and the way home

returning = Zurück von Ihrer Bank
returning-reading = Einen Moment, die Antwort Ihrer Bank wird gelesen.
returning-needs-script = Dieser Schritt braucht JavaScript.
returning-switch-on = Die Antwort Ihrer Bank kann hier nur Ihr Browser lesen. Bitte schalten Sie JavaScript für diese Seite ein und laden Sie sie neu.
returning-cannot = Wenn das nicht geht, öffnen Sie den Link in einem anderen Browser noch einmal. Es ist nichts verloren.
returning-taking-on = Einen Moment, es geht gleich weiter.
returning-press = Es ist nichts verloren. Drücken Sie auf die Schaltfläche, falls diese Seite nicht von selbst weitergeht.
returning-bank-late = Die Antwort Ihrer Bank wird geprüft.
records-away = Die Daten sind im Moment nicht erreichbar.

## The way into an app

app-open = { $merchant } öffnen
app-attempt = Wenn sich die App nicht von selbst öffnet, drücken Sie auf die Schaltfläche.
app-press = Drücken Sie auf die Schaltfläche, um in der App weiterzumachen.
app-either = Machen Sie in der App weiter, wenn Sie sie auf diesem Gerät haben, sonst im Browser.
app-elsewhere = Im Browser weitermachen
app-missing = Ich habe die App noch nicht
app-get = App von { $merchant } installieren
app-get-steps = Installieren Sie die App, und kommen Sie danach auf diese Seite zurück. Mit der zweiten Schaltfläche machen Sie in der App dort weiter, wo Sie waren.
app-get-day = Diese Seite gilt einen Tag lang.
app-store = App Store öffnen
play-store = Google Play öffnen
app-unconfirmed = Ihre Bank hat noch nicht bestätigt. { $merchant } sagt Ihnen Bescheid, sobald es so weit ist.

## Problems

problem-go-back = Gehen Sie eine Seite zurück und versuchen Sie es noch einmal.
problem-go-on = Sie können von hier aus weitermachen und es bei Bedarf noch einmal versuchen.
problem-open-again = Öffnen Sie den Link noch einmal, um den aktuellen Stand zu sehen.
problem-unknown-link = Dieser Link ist nicht bekannt
problem-unknown-link-sentence = Der Link ist unvollständig oder zu alt.
problem-unknown-link-hint = Öffnen Sie ihn noch einmal aus dem Shop oder der Nachricht, aus der Sie kommen.
problem-unknown-return = Diese Antwort lässt sich nicht zuordnen
problem-unknown-return-sentence = Die Antwort der Bank gehört zu keinem Vorgang, der hier läuft.
problem-over = Diese Seite ist abgelaufen
problem-over-sentence = Sie führte zurück in eine App und galt nur kurze Zeit.
problem-payment-over = Diese Zahlung ist vorbei
problem-payment-over-sentence = Hier ist nichts mehr zu zahlen.
problem-answered = Die Antwort Ihrer Bank ist schon einmal angekommen
problem-answered-sentence = Auf dieser Seite ist nichts mehr zu tun.
problem-not-usable = Die Antwort Ihrer Bank ist nicht brauchbar
problem-not-usable-sentence = Etwas darin fehlt oder ist falsch. Damit ist noch nichts entschieden.
problem-other-browser = Bitte machen Sie in dem Browser weiter, in dem Sie begonnen haben
problem-other-browser-sentence = Dieser Vorgang wurde in einem anderen Browser begonnen, und der Shop möchte, dass er dort endet.
problem-other-browser-hint = Öffnen Sie den Link in jenem Browser noch einmal.
problem-code-used = Dieser Code wurde schon benutzt
problem-code-used-sentence = Ein Code gilt einmal, für ein Telefon.
problem-new-code = Lassen Sie sich auf dem Gerät, auf dem Sie begonnen haben, einen neuen Code zeigen.
problem-elsewhere = Diese Zahlung geht auf einem anderen Gerät weiter
problem-elsewhere-sentence = Auf diesem Gerät ist nichts zu tun.
problem-cannot-cancel = Diese Zahlung kann hier nicht abgebrochen werden
problem-cannot-cancel-sentence = Der Shop erlaubt es für diesen Link nicht.
problem-no-such-page = Seite nicht gefunden
problem-no-such-page-sentence = Unter dieser Adresse gibt es keine Seite.
problem-no-such-page-hint = Prüfen Sie die Adresse, oder öffnen Sie den Link, den Sie bekommen haben, noch einmal.
problem-wrong-method = So kann diese Seite nicht benutzt werden
problem-wrong-method-sentence = Die Seite gibt es, aber nicht für diese Art von Anfrage.
problem-unreadable = Diese Anfrage war nicht lesbar
problem-unreadable-sentence = Etwas darin fehlt, oder sie wurde zweimal gesendet.
problem-store-away = Einen Augenblick
problem-store-away-hint = Es ist nichts verloren. Bitte lassen Sie diese Seite offen.
problem-too-often = Zu viele Versuche
problem-too-often-sentence = Dieser Link wurde zu oft versucht.
problem-too-often-hint = Fragen Sie den Händler nach einem neuen Link.
problem-our-fault = Hier ist etwas schiefgegangen
problem-our-fault-sentence = Dieser Schritt konnte nicht beendet werden.
problem-retry = { $seconds ->
        [one] Diese Seite versucht es jede Sekunde von selbst noch einmal.
       *[other] Diese Seite versucht es alle { $seconds } Sekunden von selbst noch einmal.
    }

## Around every page; the merchant's own pages are linked in its foot

test-mark = Dies ist ein Test. Es fließt kein Geld.
footer-support = Hilfe von { $merchant }
footer-legal = Rechtliches

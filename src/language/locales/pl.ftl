# What customers read, in Polish; nobody is addressed by a form that tells men from women. No native speaker has reviewed these texts yet.
#
# Each text, and each of its variables, is explained in en.ftl.

# Between number and currency stands a space at which no line breaks.
amount = { $number } { $currency }

## Who is paid and what for, on the pages of a payment and of a consent

payment-to = Płatność dla
requested-by = Na prośbę
pay-title = Płatność { $amount } dla { $payee }
cancel = Anuluj
try-again = Spróbuj ponownie
continue = Dalej
detail-amount = Kwota
detail-bank = Bank
detail-date = Data
detail-for = Tytułem
detail-reference = Numer referencyjny
detail-to = Odbiorca
back-to = Powrót do { $merchant }
merchant-away = Strona { $merchant } przed chwilą nie odpowiadała. Jeśli przycisk nie zadziała, proszę spróbować ponownie za kilka minut.
close-window = Można zamknąć to okno.
look-there = Wynik widać w aplikacji lub sklepie, w którym wszystko się zaczęło.
save-copy = Zapisz kopię

## The checkout

checkout-pay = Zapłać { $amount }
checkout-pay-with = Zapłać przez { $bank }
checkout-failed = Płatność się nie powiodła.
checkout-no-bank = W tej chwili nie można zapłacić. Proszę spróbować później.
checkout-next = Potwierdzenie płatności następuje w { $bank }, a potem powrót do { $merchant }.
checkout-next-there = Tam następuje potwierdzenie płatności, a potem powrót do { $merchant }.
register-for = Zapisanie metody płatności dla
register-title = Zapisanie metody płatności dla { $payee }
register-next = Dane podaje się w { $bank }, a potem następuje powrót do { $merchant }.

## Dalej na telefonie: kod na pierwszym urządzeniu, pytanie na telefonie i koniec

phone-offer = Dalej na telefonie
phone-code = Kod QR
phone-code-sentence = Proszę zeskanować ten kod aparatem telefonu. Działa przez dwie minuty, na jednym telefonie.
phone-code-over = Ten kod wygasł
phone-code-lasts = Kod działa tylko przez dwie minuty.
phone-code-again = Pokaż nowy kod
phone-pay-here = Zapłać na tym urządzeniu
phone-paying = Ciąg dalszy na telefonie
phone-paying-sentence = Proszę tam potwierdzić płatność. Ta strona przejdzie dalej sama.
phone-paid-sentence = Proszę przejść na telefonie do ostatniej strony. Potem ta strona przejdzie dalej sama.
phone-started-elsewhere = Tę płatność rozpoczęto na innym urządzeniu.
phone-only-yours = Proszę płacić tylko wtedy, gdy to Państwo ją tam rozpoczęli. Jeśli ktoś przysłał lub pokazał Państwu kod, proszę zamknąć tę stronę.
phone-next = Płatność potwierdza się w banku. Ciąg dalszy jest tam, gdzie wszystko się zaczęło.
phone-go-back = Proszę wrócić do urządzenia, na którym wszystko się zaczęło. Strona przejdzie tam dalej sama.

## Choosing a bank

banks-choose = Wybór banku
banks-find = Znajdź bank
banks-search = Szukaj
banks-none-found = Nie ma tu banku o tej nazwie.
banks-none-offered = W tej chwili żaden bank nie jest dostępny. Proszę spróbować później.
banks-show-all = Pokaż wszystkie banki
country = { $code ->
        [AT] Austria
        [BE] Belgia
        [BG] Bułgaria
        [CH] Szwajcaria
        [CY] Cypr
        [CZ] Czechy
        [DE] Niemcy
        [DK] Dania
        [EE] Estonia
        [ES] Hiszpania
        [FI] Finlandia
        [FR] Francja
        [GB] Wielka Brytania
        [GR] Grecja
        [HR] Chorwacja
        [HU] Węgry
        [IE] Irlandia
        [IS] Islandia
        [IT] Włochy
        [LI] Liechtenstein
        [LT] Litwa
        [LU] Luksemburg
        [LV] Łotwa
        [MT] Malta
        [NL] Holandia
        [NO] Norwegia
        [PL] Polska
        [PT] Portugalia
        [RO] Rumunia
        [SE] Szwecja
        [SI] Słowenia
        [SK] Słowacja
       *[other] { $name }
    }
bank-away = Brak połączenia z { $bank }
bank-away-unnamed = Brak połączenia z bankiem
bank-away-sentence = Nic się jeszcze nie stało. Proszę spróbować ponownie za chwilę.
bank-choose-another = Wybierz inny bank
session-one-bank = Płatność w banku
session-away = Brak połączenia z { $bank }.
session-next = Potwierdzenie płatności następuje w banku, a potem powrót do { $merchant }.

## A consent

consent-accounts = { $merchant } prosi o wgląd w rachunki bankowe.
consent-payment = { $merchant } prosi o zapłatę { $amount } dla { $payee }.
consent-at-your-bank = Decyzja zapada w banku.
consent-may-read = Co mogłaby odczytać aplikacja { $merchant }
consent-reads-accounts = Rachunki i ich numery
consent-reads-balances = Stan rachunków
consent-reads-transactions = Historię operacji
consent-reads-planned = Zlecenia stałe, polecenia zapłaty i zaplanowane płatności
consent-reads-payees = Zapisanych odbiorców
consent-reads-identity = Imię i nazwisko oraz dane kontaktowe
consent-lasts = Najdłużej do { $day }. Zgodę można w każdej chwili wycofać wcześniej, w { $merchant } lub w banku.
consent-account-access = Wgląd w rachunki
consent-agreed = Zgoda udzielona
consent-agreed-accounts = { $merchant } ma teraz wgląd w rachunki do { $day }. Zgodę można w każdej chwili wycofać w { $merchant } lub w banku.
consent-agreed-payment = Udzielono zgody na zapłatę { $amount } dla { $payee }.
consent-refused = Zgody nie udzielono
consent-refused-sentence = Odmówiono zgody i { $merchant } niczego nie otrzymuje.
consent-failed = Coś poszło nie tak
consent-withdrawn = Prośba wycofana
consent-withdrawn-sentence = { $merchant } wycofuje tę prośbę. Nie ma już nic do rozstrzygnięcia.
consent-expired = Prośba wygasła
consent-expired-sentence = Ta prośba wygasła. Nowy link można otrzymać od { $merchant }.

## How a payment ended

ended-paid = Płatność zakończona
ended-paid-sentence = Zapłacono { $amount } dla { $payee }.
ended-registered = Metoda płatności zapisana
ended-registered-sentence = { $payee } może jej teraz używać do płatności objętych zgodą.
ended-cancelled = Płatność anulowana
ended-cancelled-sentence = Tę płatność anulowano, zanim została wykonana.
ended-withdrawn = Link wycofany
ended-withdrawn-sentence = { $merchant } wycofuje ten link do płatności. Nie ma tu już nic do zapłaty.
ended-failed = Płatność nieudana
ended-expired = Link wygasł
ended-expired-sentence = Czas na zapłatę minął. Nowy link można otrzymać od { $merchant }.

## Why a payment or a consent failed; nothing about money that only a bank can know

reason-declined-payment = Płatność odrzucono w banku.
reason-declined-consent = W banku odmówiono zgody.
reason-not-accepted-payment = Bank nie przyjął płatności.
reason-not-accepted-consent = Bank tego nie przyjął.
reason-insufficient-funds = Na rachunku nie ma dość pieniędzy.
reason-connection = Połączenie tego sklepu z bankiem nie działa prawidłowo.
reason-unavailable = Bank jest w tej chwili niedostępny.
reason-sign-in-again = Bank prosi o ponowne zalogowanie i jeszcze jedno potwierdzenie.
reason-malformed = Odpowiedź banku była nieczytelna.
reason-answer-lost = Bank nie odpowiedział na czas.
reason-answer-unreadable = Nie udało się odczytać odpowiedzi banku.
reason-no-longer-valid = Potwierdzenie banku straciło ważność.

## Waiting for a bank

waiting-answer = Chwileczkę
waiting-answer-sentence = Trwa oczekiwanie na odpowiedź banku.
waiting-leaving = Przejście do banku
waiting-leaving-sentence = Bank wszystko przygotowuje.
waiting-nothing-to-do = Nie trzeba nic robić. Ta strona przejdzie dalej sama.
waiting-long = To trwa dłużej niż zwykle. Proszę nie zamykać tej strony: nic nie przepadnie i nie trzeba zaczynać od nowa.

## Between the bank and the way home

returning = Powrót z banku
returning-reading = Chwileczkę, trwa odczyt odpowiedzi banku.
returning-needs-script = Ten krok wymaga JavaScriptu.
returning-switch-on = Odpowiedź banku może odczytać tylko przeglądarka. Proszę włączyć JavaScript dla tej witryny i odświeżyć stronę.
returning-cannot = Jeśli to niemożliwe, proszę otworzyć link ponownie w innej przeglądarce. Nic nie przepadło.
returning-taking-on = Chwileczkę, zaraz nastąpi przejście dalej.
returning-press = Nic nie przepadło. Jeśli strona nie przejdzie dalej sama, proszę nacisnąć przycisk.
returning-bank-late = Trwa sprawdzanie odpowiedzi banku.
records-away = Dane są w tej chwili niedostępne.

## The way into an app

app-open = Otwórz { $merchant }
app-attempt = Jeśli aplikacja nie otworzy się sama, proszę nacisnąć przycisk.
app-press = Aby przejść do aplikacji, proszę nacisnąć przycisk.
app-either = Ciąg dalszy w aplikacji, jeśli jest na tym urządzeniu, a jeśli nie, w przeglądarce.
app-elsewhere = Dalej w przeglądarce
app-missing = Nie mam jeszcze aplikacji
app-get = Aplikacja { $merchant }
app-get-steps = Proszę zainstalować aplikację, a potem wrócić na tę stronę. Drugi przycisk prowadzi w aplikacji do przerwanego miejsca.
app-get-day = Ta strona jest ważna przez jeden dzień.
app-store = Otwórz App Store
play-store = Otwórz Google Play
app-unconfirmed = Bank jeszcze nie potwierdził. { $merchant } powiadomi, gdy tylko to nastąpi.

## Problems

problem-go-back = Proszę cofnąć się o jedną stronę i spróbować ponownie.
problem-go-on = Można przejść dalej stąd i w razie potrzeby spróbować ponownie.
problem-open-again = Proszę otworzyć link ponownie, aby zobaczyć bieżący stan.
problem-unknown-link = Nieznany link
problem-unknown-link-sentence = Link jest niepełny albo zbyt stary.
problem-unknown-link-hint = Proszę otworzyć go ponownie ze sklepu lub z wiadomości, w której był.
problem-unknown-return = Tej odpowiedzi nie da się do niczego przypisać
problem-unknown-return-sentence = Odpowiedź banku nie dotyczy niczego, co się tu toczy.
problem-over = Ta strona wygasła
problem-over-sentence = Prowadziła z powrotem do aplikacji i była ważna tylko przez krótki czas.
problem-payment-over = Ta płatność jest zakończona
problem-payment-over-sentence = Nie ma tu już nic do zapłaty.
problem-answered = Odpowiedź banku dotarła już wcześniej
problem-answered-sentence = Na tej stronie nie ma już nic do zrobienia.
problem-not-usable = Odpowiedzi banku nie można użyć
problem-not-usable-sentence = Czegoś w niej brakuje albo coś jest błędne. Niczego to nie przesądza.
problem-other-browser = Proszę kontynuować w przeglądarce, w której wszystko się zaczęło
problem-other-browser-sentence = Początek był w innej przeglądarce i sklep chce, by tam nastąpił koniec.
problem-other-browser-hint = Proszę otworzyć link ponownie w tamtej przeglądarce.
problem-code-used = Ten kod został już użyty
problem-code-used-sentence = Kod działa raz, na jednym telefonie.
problem-new-code = Proszę wyświetlić nowy kod na urządzeniu, na którym wszystko się zaczęło.
problem-elsewhere = Ta płatność toczy się na innym urządzeniu
problem-elsewhere-sentence = Na tym urządzeniu nie trzeba nic robić.
problem-cannot-cancel = Tej płatności nie można tu anulować
problem-cannot-cancel-sentence = Sklep nie pozwala na to dla tego linku.
problem-no-such-page = Nie znaleziono strony
problem-no-such-page-sentence = Pod tym adresem nie ma strony.
problem-no-such-page-hint = Proszę sprawdzić adres albo ponownie otworzyć otrzymany link.
problem-wrong-method = Tej strony nie można tak użyć
problem-wrong-method-sentence = Strona istnieje, ale nie dla tego rodzaju żądania.
problem-unreadable = Tego żądania nie udało się odczytać
problem-unreadable-sentence = Czegoś w nim brakuje albo wysłano je dwa razy.
problem-store-away = Jeszcze chwileczkę
problem-store-away-hint = Nic nie przepadło. Proszę nie zamykać tej strony.
problem-too-often = Zbyt wiele prób
problem-too-often-sentence = Ten link wypróbowano zbyt wiele razy.
problem-too-often-hint = Nowy link można otrzymać od sprzedawcy.
problem-our-fault = Coś tu poszło nie tak
problem-our-fault-sentence = Tego kroku nie udało się dokończyć.
problem-retry = { $seconds ->
        [one] Ta strona sama ponawia próbę co sekundę.
        [few] Ta strona sama ponawia próbę co { $seconds } sekundy.
        [many] Ta strona sama ponawia próbę co { $seconds } sekund.
       *[other] Ta strona sama ponawia próbę co { $seconds } sekundy.
    }

## Around every page; the merchant's own pages are linked in its foot

test-mark = To jest test. Nie są przekazywane żadne pieniądze.
footer-support = Pomoc { $merchant }
footer-legal = Informacje prawne

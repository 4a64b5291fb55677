# What customers read, in French; customers are addressed as vous. No native speaker has reviewed these texts yet.
#
# Each text, and each of its variables, is explained in en.ftl.

# Between number and currency stands a space at which no line breaks.
amount = { $number } { $currency }

## Who is paid and what for, on the pages of a payment and of a consent

payment-to = Paiement à
requested-by = Demandé par
pay-title = Payer { $amount } à { $payee }
cancel = Annuler
try-again = Réessayer
continue = Continuer
detail-amount = Montant
detail-bank = Banque
detail-date = Date
detail-for = Objet
detail-reference = Référence
detail-to = Bénéficiaire
back-to = Retour vers { $merchant }
merchant-away = Le site de { $merchant } ne répondait pas à l’instant. Si le bouton ne mène nulle part, réessayez dans quelques minutes.
close-window = Vous pouvez fermer cette fenêtre.
look-there = Ouvrez l’application ou la boutique où vous avez commencé pour voir le résultat.
save-copy = Enregistrer une copie

## The checkout

checkout-pay = Payer { $amount }
checkout-pay-with = Payer avec { $bank }
checkout-failed = Le paiement n’a pas abouti.
checkout-no-bank = Le paiement n’est pas possible pour le moment. Veuillez réessayer plus tard.
checkout-next = Vous confirmez le paiement chez { $bank }, puis vous revenez chez { $merchant }.
checkout-next-there = Vous y confirmez le paiement, puis vous revenez chez { $merchant }.
register-for = Enregistrer un moyen de paiement chez
register-title = Enregistrer un moyen de paiement chez { $payee }
register-next = Vous saisissez vos données chez { $bank }, puis vous revenez chez { $merchant }.

## Continuer sur un téléphone : le code sur le premier appareil, la question sur le téléphone, et la fin là-bas

phone-offer = Continuer sur votre téléphone
phone-code = Code QR
phone-code-sentence = Scannez ce code avec l’appareil photo de votre téléphone. Il est valable deux minutes, pour un seul téléphone.
phone-code-over = Ce code a expiré
phone-code-lasts = Un code n’est valable que deux minutes.
phone-code-again = Afficher un nouveau code
phone-pay-here = Payer sur cet appareil
phone-paying = Continuez sur votre téléphone
phone-paying-sentence = Confirmez-y le paiement. Cette page avance toute seule.
phone-paid-sentence = Allez jusqu’à la dernière page sur votre téléphone. Cette page avancera ensuite toute seule.
phone-started-elsewhere = Ce paiement a été commencé sur un autre appareil.
phone-only-yours = Ne payez que si vous l’avez commencé vous-même. Si quelqu’un vous a envoyé ou montré le code, fermez cette page.
phone-next = Vous confirmez le paiement auprès de votre banque, puis vous continuez là où vous avez commencé.
phone-go-back = Revenez à l’appareil où vous avez commencé. La page y avance toute seule.

## Choosing a bank

banks-choose = Choisissez votre banque
banks-find = Trouver votre banque
banks-search = Rechercher
banks-none-found = Aucune banque de ce nom n’est proposée ici.
banks-none-offered = Aucune banque n’est disponible pour le moment. Veuillez réessayer plus tard.
banks-show-all = Afficher toutes les banques
country = { $code ->
        [AT] Autriche
        [BE] Belgique
        [BG] Bulgarie
        [CH] Suisse
        [CY] Chypre
        [CZ] Tchéquie
        [DE] Allemagne
        [DK] Danemark
        [EE] Estonie
        [ES] Espagne
        [FI] Finlande
        [FR] France
        [GB] Royaume-Uni
        [GR] Grèce
        [HR] Croatie
        [HU] Hongrie
        [IE] Irlande
        [IS] Islande
        [IT] Italie
        [LI] Liechtenstein
        [LT] Lituanie
        [LU] Luxembourg
        [LV] Lettonie
        [MT] Malte
        [NL] Pays-Bas
        [NO] Norvège
        [PL] Pologne
        [PT] Portugal
        [RO] Roumanie
        [SE] Suède
        [SI] Slovénie
        [SK] Slovaquie
       *[other] { $name }
    }
bank-away = { $bank } est injoignable
bank-away-unnamed = Votre banque est injoignable
bank-away-sentence = Rien ne s’est encore passé. Veuillez réessayer dans un instant.
bank-choose-another = Choisir une autre banque
session-one-bank = Payer avec votre banque
session-away = { $bank } est injoignable.
session-next = Vous confirmez le paiement auprès de votre banque, puis vous revenez chez { $merchant }.

## A consent

consent-accounts = { $merchant } demande à consulter vos comptes bancaires.
consent-payment = { $merchant } vous demande de payer { $amount } à { $payee }.
consent-at-your-bank = Vous décidez auprès de votre banque.
consent-may-read = Ce que { $merchant } pourrait lire
consent-reads-accounts = Vos comptes et leurs numéros
consent-reads-balances = Leurs soldes
consent-reads-transactions = Vos opérations
consent-reads-planned = Virements permanents, prélèvements et paiements prévus
consent-reads-payees = Vos bénéficiaires enregistrés
consent-reads-identity = Votre nom et vos coordonnées
consent-lasts = Jusqu’au { $day } au plus tard. Vous pouvez y mettre fin à tout moment, auprès de { $merchant } ou de votre banque.
consent-account-access = Consultation de vos comptes
consent-agreed = Vous avez accepté
consent-agreed-accounts = { $merchant } peut désormais consulter vos comptes jusqu’au { $day }. Vous pouvez retirer cet accord à tout moment chez { $merchant } ou auprès de votre banque.
consent-agreed-payment = Vous avez accepté de payer { $amount } à { $payee }.
consent-refused = Vous n’avez pas accepté
consent-refused-sentence = Vous avez refusé, et { $merchant } n’a rien reçu.
consent-failed = Un problème est survenu
consent-withdrawn = Demande retirée
consent-withdrawn-sentence = { $merchant } a retiré cette demande. Il n’y a plus rien à décider.
consent-expired = Demande expirée
consent-expired-sentence = Cette demande a expiré. Veuillez demander un nouveau lien à { $merchant }.

## How a payment ended

ended-paid = Paiement effectué
ended-paid-sentence = Vous avez payé { $amount } à { $payee }.
ended-registered = Moyen de paiement enregistré
ended-registered-sentence = { $payee } peut désormais l’utiliser pour les paiements que vous avez acceptés.
ended-cancelled = Paiement annulé
ended-cancelled-sentence = Ce paiement a été annulé avant d’être effectué.
ended-withdrawn = Lien retiré
ended-withdrawn-sentence = { $merchant } a retiré ce lien de paiement. Il n’y a plus rien à payer ici.
ended-failed = Échec du paiement
ended-expired = Lien expiré
ended-expired-sentence = Le délai de paiement est écoulé. Veuillez demander un nouveau lien à { $merchant }.

## Why a payment or a consent failed; nothing about money that only a bank can know

reason-declined-payment = Vous avez refusé le paiement auprès de votre banque.
reason-declined-consent = Vous avez refusé auprès de votre banque.
reason-not-accepted-payment = Votre banque n’a pas accepté le paiement.
reason-not-accepted-consent = Votre banque n’a pas accepté cette demande.
reason-insufficient-funds = Il n’y a pas assez d’argent sur le compte.
reason-connection = La connexion de cette boutique à la banque présente un problème.
reason-unavailable = Votre banque n’est pas disponible pour le moment.
reason-sign-in-again = Votre banque vous demande de vous identifier et de confirmer encore une fois.
reason-malformed = La réponse de votre banque était illisible.
reason-answer-lost = Votre banque n’a pas répondu à temps.
reason-answer-unreadable = La réponse de votre banque n’a pas pu être lue.
reason-no-longer-valid = La confirmation de la banque n’était plus valable.

## Waiting for a bank

waiting-answer = Un instant
waiting-answer-sentence = La réponse de la banque est attendue.
waiting-leaving = Passage à votre banque
waiting-leaving-sentence = Votre banque se prépare à vous recevoir.
waiting-nothing-to-do = Vous n’avez rien à faire. Cette page avance toute seule.
waiting-long = Cela prend plus de temps que d’habitude. Veuillez garder cette page ouverte : rien n’est perdu, et il est inutile de recommencer.

## Between the bank and the way home

returning = Retour de votre banque
returning-reading = Un instant : la réponse de votre banque est en cours de lecture.
returning-needs-script = Cette étape nécessite JavaScript.
returning-switch-on = Seul votre navigateur peut lire la réponse de votre banque. Veuillez activer JavaScript pour ce site, puis recharger cette page.
returning-cannot = Si ce n’est pas possible, ouvrez de nouveau le lien dans un autre navigateur. Rien n’est perdu.
returning-taking-on = Un instant : la suite arrive.
returning-press = Rien n’est perdu. Appuyez sur le bouton si cette page n’avance pas toute seule.
returning-bank-late = La réponse de votre banque est en cours de vérification.
records-away = Les données sont inaccessibles pour le moment.

## The way into an app

app-open = Ouvrir { $merchant }
app-attempt = Si l’application ne s’ouvre pas toute seule, appuyez sur le bouton.
app-press = Appuyez sur le bouton pour continuer dans l’application.
app-either = Continuez dans l’application si elle est installée sur cet appareil, sinon dans le navigateur.
app-elsewhere = Continuer dans le navigateur
app-missing = Je n’ai pas encore l’application
app-get = Installer l’application { $merchant }
app-get-steps = Installez l’application, puis revenez sur cette page. Le second bouton vous fait continuer dans l’application, là où vous en étiez.
app-get-day = Cette page est valable un jour.
app-store = Ouvrir l’App Store
play-store = Ouvrir Google Play
app-unconfirmed = Votre banque n’a pas encore confirmé. { $merchant } vous préviendra dès que ce sera fait.

## Problems

problem-go-back = Revenez à la page précédente et réessayez.
problem-go-on = Vous pouvez continuer à partir d’ici, et réessayer si besoin.
problem-open-again = Ouvrez de nouveau le lien pour voir où vous en êtes.
problem-unknown-link = Ce lien est inconnu
problem-unknown-link-sentence = Le lien est incomplet, ou trop ancien.
problem-unknown-link-hint = Ouvrez-le de nouveau depuis la boutique ou le message qui vous a conduit ici.
problem-unknown-return = Cette réponse ne correspond à rien
problem-unknown-return-sentence = La réponse de la banque ne concerne aucune opération en cours ici.
problem-over = Cette page a expiré
problem-over-sentence = Elle ramenait à une application, et n’était valable que peu de temps.
problem-payment-over = Ce paiement est terminé
problem-payment-over-sentence = Il n’y a plus rien à payer ici.
problem-answered = La réponse de votre banque a déjà été reçue
problem-answered-sentence = Il n’y a plus rien à faire sur cette page.
problem-not-usable = La réponse de votre banque est inutilisable
problem-not-usable-sentence = Un élément manque ou est incorrect. Rien n’a été décidé sur cette base.
problem-other-browser = Veuillez continuer dans le navigateur où vous avez commencé
problem-other-browser-sentence = L’opération a commencé dans un autre navigateur, et la boutique demande qu’elle s’y termine.
problem-other-browser-hint = Ouvrez de nouveau le lien dans ce navigateur-là.
problem-code-used = Ce code a déjà été utilisé
problem-code-used-sentence = Un code fonctionne une seule fois, sur un seul téléphone.
problem-new-code = Affichez un nouveau code sur l’appareil où vous avez commencé.
problem-elsewhere = Ce paiement continue sur un autre appareil
problem-elsewhere-sentence = Il n’y a rien à faire sur cet appareil.
problem-cannot-cancel = Ce paiement ne peut pas être annulé ici
problem-cannot-cancel-sentence = La boutique ne le permet pas pour ce lien.
problem-no-such-page = Page introuvable
problem-no-such-page-sentence = Il n’y a pas de page à cette adresse.
problem-no-such-page-hint = Vérifiez l’adresse, ou ouvrez de nouveau le lien que vous avez reçu.
problem-wrong-method = Cette page ne s’utilise pas ainsi
problem-wrong-method-sentence = La page existe, mais pas pour ce type de demande.
problem-unreadable = Cette demande est illisible
problem-unreadable-sentence = Un élément manque, ou elle a été envoyée deux fois.
problem-store-away = Juste un instant
problem-store-away-hint = Rien n’est perdu. Veuillez garder cette page ouverte.
problem-too-often = Trop de tentatives
problem-too-often-sentence = Ce lien a été essayé trop souvent.
problem-too-often-hint = Demandez un nouveau lien au commerçant.
problem-our-fault = Un problème est survenu ici
problem-our-fault-sentence = Cette étape n’a pas pu être terminée.
problem-retry = { $seconds ->
        [one] Cette page réessaie toute seule chaque seconde.
       *[other] Cette page réessaie toute seule toutes les { $seconds } secondes.
    }

## Around every page; the merchant's own pages are linked in its foot

test-mark = Ceci est un test. Aucun argent ne circule.
footer-support = Aide de { $merchant }
footer-legal = Mentions légales

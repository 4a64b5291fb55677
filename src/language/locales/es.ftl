# What customers read, in Spanish; customers are addressed as usted. No native speaker has reviewed these texts yet.
#
# Each text, and each of its variables, is explained in en.ftl.

# Between number and currency stands a space at which no line breaks.
amount = { $number } { $currency }

## Who is paid and what for, on the pages of a payment and of a consent

payment-to = Pago a
requested-by = Solicitado por
pay-title = Pagar { $amount } a { $payee }
cancel = Cancelar
try-again = Volver a intentarlo
continue = Continuar
detail-amount = Importe
detail-bank = Banco
detail-date = Fecha
detail-for = Concepto
detail-reference = Referencia
detail-to = Beneficiario
back-to = Volver a { $merchant }
merchant-away = El sitio web de { $merchant } no respondía hace un momento. Si el botón no lleva a ninguna parte, inténtelo de nuevo en unos minutos.
close-window = Puede cerrar esta ventana.
look-there = Abra la aplicación o la tienda donde empezó para ver el resultado.
save-copy = Guardar una copia

## The checkout

checkout-pay = Pagar { $amount }
checkout-pay-with = Pagar con { $bank }
checkout-failed = El pago no se ha completado.
checkout-no-bank = Ahora mismo no se puede pagar. Inténtelo de nuevo más tarde.
checkout-next = Usted confirma el pago en { $bank } y vuelve a { $merchant }.
checkout-next-there = Usted confirma allí el pago y vuelve a { $merchant }.
register-for = Guardar un medio de pago en
register-title = Guardar un medio de pago en { $payee }
register-next = Usted introduce sus datos en { $bank } y vuelve a { $merchant }.

## Seguir en un teléfono: el código en el primer dispositivo, la pregunta en el teléfono y el final allí

phone-offer = Continuar en su teléfono
phone-code = Código QR
phone-code-sentence = Escanee este código con la cámara de su teléfono. Vale durante dos minutos, para un solo teléfono.
phone-code-over = Este código ha caducado
phone-code-lasts = Un código vale solo durante dos minutos.
phone-code-again = Mostrar un código nuevo
phone-pay-here = Pagar en este dispositivo
phone-paying = Continúe en su teléfono
phone-paying-sentence = Confirme el pago allí. Esta página avanza sola.
phone-paid-sentence = Vaya hasta la última página en su teléfono. Después, esta página avanza sola.
phone-started-elsewhere = Este pago se empezó en otro dispositivo.
phone-only-yours = Pague solo si lo empezó usted allí. Si alguien le envió o le enseñó el código, cierre esta página.
phone-next = Usted confirma el pago en su banco y sigue donde empezó.
phone-go-back = Vuelva al dispositivo donde empezó. La página avanza sola allí.

## Choosing a bank

banks-choose = Elija su banco
banks-find = Buscar su banco
banks-search = Buscar
banks-none-found = Aquí no hay ningún banco con ese nombre.
banks-none-offered = Ahora mismo no hay ningún banco disponible. Inténtelo de nuevo más tarde.
banks-show-all = Mostrar todos los bancos
country = { $code ->
        [AT] Austria
        [BE] Bélgica
        [BG] Bulgaria
        [CH] Suiza
        [CY] Chipre
        [CZ] Chequia
        [DE] Alemania
        [DK] Dinamarca
        [EE] Estonia
        [ES] España
        [FI] Finlandia
        [FR] Francia
        [GB] Reino Unido
        [GR] Grecia
        [HR] Croacia
        [HU] Hungría
        [IE] Irlanda
        [IS] Islandia
        [IT] Italia
        [LI] Liechtenstein
        [LT] Lituania
        [LU] Luxemburgo
        [LV] Letonia
        [MT] Malta
        [NL] Países Bajos
        [NO] Noruega
        [PL] Polonia
        [PT] Portugal
        [RO] Rumanía
        [SE] Suecia
        [SI] Eslovenia
        [SK] Eslovaquia
       *[other] { $name }
    }
bank-away = { $bank } no está disponible
bank-away-unnamed = Su banco no está disponible
bank-away-sentence = Todavía no ha pasado nada. Inténtelo de nuevo dentro de un momento.
bank-choose-another = Elegir otro banco
session-one-bank = Pagar en su banco
session-away = { $bank } no está disponible.
session-next = Usted confirma el pago en su banco y vuelve a { $merchant }.

## A consent

consent-accounts = { $merchant } solicita consultar sus cuentas bancarias.
consent-payment = { $merchant } le pide que pague { $amount } a { $payee }.
consent-at-your-bank = Usted decide en su banco.
consent-may-read = Lo que { $merchant } podría leer
consent-reads-accounts = Sus cuentas y sus números
consent-reads-balances = Sus saldos
consent-reads-transactions = Sus movimientos
consent-reads-planned = Órdenes permanentes, adeudos domiciliados y pagos programados
consent-reads-payees = Sus beneficiarios guardados
consent-reads-identity = Su nombre y sus datos de contacto
consent-lasts = Como máximo hasta el { $day }. Puede ponerle fin antes en cualquier momento, en { $merchant } o en su banco.
consent-account-access = Consulta de sus cuentas
consent-agreed = Usted ha aceptado
consent-agreed-accounts = { $merchant } ya puede consultar sus cuentas hasta el { $day }. Puede retirar este permiso cuando quiera en { $merchant } o en su banco.
consent-agreed-payment = Usted ha aceptado pagar { $amount } a { $payee }.
consent-refused = Usted no ha aceptado
consent-refused-sentence = Usted lo ha rechazado, y { $merchant } no ha recibido nada.
consent-failed = Algo ha fallado
consent-withdrawn = Solicitud retirada
consent-withdrawn-sentence = { $merchant } ha retirado esta solicitud. Ya no hay nada que decidir.
consent-expired = Solicitud caducada
consent-expired-sentence = Esta solicitud ha caducado. Pida un enlace nuevo a { $merchant }.

## How a payment ended

ended-paid = Pago completado
ended-paid-sentence = Usted ha pagado { $amount } a { $payee }.
ended-registered = Medio de pago guardado
ended-registered-sentence = { $payee } ya puede usarlo para los pagos que usted haya aceptado.
ended-cancelled = Pago cancelado
ended-cancelled-sentence = Este pago se canceló antes de realizarse.
ended-withdrawn = Enlace retirado
ended-withdrawn-sentence = { $merchant } ha retirado este enlace de pago. Aquí ya no hay nada que pagar.
ended-failed = Pago fallido
ended-expired = Enlace caducado
ended-expired-sentence = El plazo para pagar ha terminado. Pida un enlace nuevo a { $merchant }.

## Why a payment or a consent failed; nothing about money that only a bank can know

reason-declined-payment = Usted rechazó el pago en su banco.
reason-declined-consent = Usted lo rechazó en su banco.
reason-not-accepted-payment = Su banco no ha aceptado el pago.
reason-not-accepted-consent = Su banco no lo ha aceptado.
reason-insufficient-funds = No hay dinero suficiente en la cuenta.
reason-connection = Hay un problema en la conexión de esta tienda con el banco.
reason-unavailable = Su banco no está disponible en este momento.
reason-sign-in-again = Su banco necesita que se identifique y confirme otra vez.
reason-malformed = La respuesta de su banco no se pudo leer.
reason-answer-lost = Su banco no respondió a tiempo.
reason-answer-unreadable = No se ha podido leer la respuesta de su banco.
reason-no-longer-valid = La confirmación del banco ya no era válida.

## Waiting for a bank

waiting-answer = Un momento
waiting-answer-sentence = Se espera la respuesta del banco.
waiting-leaving = Camino de su banco
waiting-leaving-sentence = Su banco lo está preparando todo.
waiting-nothing-to-do = No tiene que hacer nada. Esta página avanza sola.
waiting-long = Está tardando más de lo normal. Mantenga abierta esta página: no se pierde nada y no hace falta empezar de nuevo.

## Between the bank and the way home

returning = De vuelta de su banco
returning-reading = Un momento: se está leyendo la respuesta de su banco.
returning-needs-script = Este paso necesita JavaScript.
returning-switch-on = Solo su navegador puede leer la respuesta de su banco. Active JavaScript para este sitio y vuelva a cargar esta página.
returning-cannot = Si no es posible, abra otra vez el enlace en otro navegador. No se ha perdido nada.
returning-taking-on = Un momento: enseguida continúa.
returning-press = No se ha perdido nada. Pulse el botón si esta página no avanza sola.
returning-bank-late = Se está comprobando la respuesta de su banco.
records-away = Los datos no están disponibles en este momento.

## The way into an app

app-open = Abrir { $merchant }
app-attempt = Si la aplicación no se abre sola, pulse el botón.
app-press = Pulse el botón para continuar en la aplicación.
app-either = Continúe en la aplicación si la tiene en este dispositivo o, si no, en el navegador.
app-elsewhere = Continuar en el navegador
app-missing = Todavía no tengo la aplicación
app-get = Instalar la aplicación de { $merchant }
app-get-steps = Instale la aplicación y vuelva después a esta página. Con el segundo botón continuará en la aplicación donde lo dejó.
app-get-day = Esta página es válida durante un día.
app-store = Abrir App Store
play-store = Abrir Google Play
app-unconfirmed = Su banco todavía no lo ha confirmado. { $merchant } le avisará en cuanto lo haga.

## Problems

problem-go-back = Vuelva a la página anterior e inténtelo de nuevo.
problem-go-on = Puede continuar desde aquí e intentarlo de nuevo si hace falta.
problem-open-again = Abra otra vez el enlace para ver el estado actual.
problem-unknown-link = Este enlace no se conoce
problem-unknown-link-sentence = El enlace está incompleto o es demasiado antiguo.
problem-unknown-link-hint = Ábralo otra vez desde la tienda o el mensaje que le trajo aquí.
problem-unknown-return = Esta respuesta no corresponde a nada
problem-unknown-return-sentence = La respuesta del banco no pertenece a ninguna operación en curso aquí.
problem-over = Esta página ha caducado
problem-over-sentence = Llevaba de vuelta a una aplicación y solo era válida por poco tiempo.
problem-payment-over = Este pago ha terminado
problem-payment-over-sentence = Aquí ya no hay nada que pagar.
problem-answered = La respuesta de su banco ya se había recibido
problem-answered-sentence = No queda nada por hacer en esta página.
problem-not-usable = La respuesta de su banco no sirve
problem-not-usable-sentence = Falta algo en ella o es incorrecto. Con ella no se ha decidido nada.
problem-other-browser = Continúe en el navegador en el que empezó
problem-other-browser-sentence = Esto se inició en otro navegador, y la tienda pide que termine allí.
problem-other-browser-hint = Abra otra vez el enlace en ese navegador.
problem-code-used = Este código ya se ha usado
problem-code-used-sentence = Un código vale una sola vez, en un solo teléfono.
problem-new-code = Muestre un código nuevo en el dispositivo donde empezó.
problem-elsewhere = Este pago sigue en otro dispositivo
problem-elsewhere-sentence = No hay nada que hacer en este dispositivo.
problem-cannot-cancel = Este pago no se puede cancelar aquí
problem-cannot-cancel-sentence = La tienda no lo permite para este enlace.
problem-no-such-page = Página no encontrada
problem-no-such-page-sentence = No hay ninguna página en esta dirección.
problem-no-such-page-hint = Compruebe la dirección o abra otra vez el enlace que recibió.
problem-wrong-method = Esta página no se puede usar así
problem-wrong-method-sentence = La página existe, pero no para este tipo de petición.
problem-unreadable = Esta petición no se pudo leer
problem-unreadable-sentence = Falta algo en ella o se envió dos veces.
problem-store-away = Solo un momento
problem-store-away-hint = No se ha perdido nada. Mantenga abierta esta página.
problem-too-often = Demasiados intentos
problem-too-often-sentence = Este enlace se ha intentado demasiadas veces.
problem-too-often-hint = Pida un enlace nuevo al comercio.
problem-our-fault = Algo ha fallado aquí
problem-our-fault-sentence = Este paso no se pudo terminar.
problem-retry = { $seconds ->
        [one] Esta página lo intenta sola de nuevo cada segundo.
       *[other] Esta página lo intenta sola de nuevo cada { $seconds } segundos.
    }

## Around every page; the merchant's own pages are linked in its foot

test-mark = Esto es una prueba. No se mueve dinero.
footer-support = Ayuda de { $merchant }
footer-legal = Aviso legal

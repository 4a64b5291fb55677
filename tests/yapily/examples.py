"""Runs the four authorisation examples of Yapily's Python client, and its delete, against a gateway.

python3 examples.py FOLDER BASE MERCHANT KEY: FOLDER holds the package `yapily`; BASE is the gateway's address with /yapily.
Prints where the customer of each consent is sent, and its id, a line each; exits with an error when a call is refused.
"""

import datetime
import sys
import uuid

folder, base, merchant, key = sys.argv[1:]
sys.path.insert(0, folder)

import yapily  # noqa: E402

SORT_CODE = {"type": "SORT_CODE", "identification": "999999"}
ACCOUNT_NUMBER = {"type": "ACCOUNT_NUMBER", "identification": "99999999"}


def payment(kind, **more):
    request = {
        "paymentIdempotencyId": str(uuid.uuid4())[:34],
        "type": kind,
        "reference": "Bill payment",
        "contextType": "OTHER",
        "amount": {"amount": 8.7, "currency": "GBP"},
        "payee": {"name": "BILLS COFFEE LTD", "accountIdentifications": [ACCOUNT_NUMBER, SORT_CODE]},
        **more,
    }
    body = {"applicationUserId": "user-1", "institutionId": "modelo-sandbox", "callback": "", "paymentRequest": request}
    return yapily.PaymentAuthorisationRequest.from_dict(body)


def main():
    client = yapily.ApiClient(yapily.Configuration(host=base, username=merchant, password=key))
    authorisations, consents = yapily.AuthorisationsApi(client), yapily.ConsentsApi(client)
    # Without a time zone, as the examples make it.
    later = datetime.datetime.now() + datetime.timedelta(days=30)
    frequency = {"frequency": {"type": "MONTHLY", "intervalMonth": 1, "executionDay": 1}, "numberOfPayments": 5}
    account = {"applicationUserId": "user-1", "institutionId": "modelo-sandbox", "callback": ""}
    asked = [
        authorisations.initiate_account_request(yapily.AccountAuthorisationRequest.from_dict(account)),
        authorisations.create_payment_authorisation(payment("DOMESTIC_PAYMENT")),
        authorisations.create_payment_authorisation(payment("DOMESTIC_SCHEDULED_PAYMENT", paymentDateTime=later)),
        authorisations.create_payment_authorisation(
            payment("DOMESTIC_PERIODIC_PAYMENT", paymentDateTime=later, periodicPayment=frequency)
        ),
    ]
    for answer in asked:
        print(answer.data.authorisation_url, answer.data.id)
    ended = authorisations.initiate_account_request(yapily.AccountAuthorisationRequest.from_dict(account))
    consents.delete(ended.data.id, force_delete=True)


main()

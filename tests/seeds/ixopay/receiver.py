"""A merchant's callback endpoint in Flask: step 2, and step 3's update of the payment's state.

    STATES=states.json flask --app receiver run --port 3000
"""

import json
import os

from flask import Flask, request

app = Flask(__name__)


def update_payment(payment, state):
    path = os.environ["STATES"]
    states = json.load(open(path)) if os.path.exists(path) else {}
    states[payment] = state
    with open(path, "w") as file:
        json.dump(states, file)


@app.route("/callback", methods=["POST"])
def callback():
    data = request.get_json()
    if data["result"] == "OK":
        update_payment(data["merchantTransactionId"], "paid")
    elif data["result"] == "PENDING":
        update_payment(data["merchantTransactionId"], "pending")
    elif data["result"] == "ERROR":
        update_payment(data["merchantTransactionId"], "failed: " + data["message"])
    return "OK"

//! The demo's form, and what is wrong with it.

use url::form_urlencoded;

use crate::web::views::{Api, Choice, DemoError, DemoField, DemoForm};

/// What a newcomer sent, over what stands in an untouched form.
pub fn read(body: &[u8], untouched: DemoForm) -> DemoForm {
    let mut form = DemoForm { one_time_token: false, cancellable: false, ..untouched };
    for (name, text) in form_urlencoded::parse(body).into_owned() {
        match name.as_str() {
            "api" => form.api = Api::of_word(&text).unwrap_or(Api::SecPaid),
            "amount" => form.amount = amount(&text),
            "note" => form.note = text,
            "callback" => form.callback = Choice::of_word(&text).unwrap_or(Choice::Saved),
            "index" => form.index = text.parse().unwrap_or_default(),
            "url" => form.url = text,
            "list" => form.list = text,
            "app" => form.app = text,
            "one_time_token" => form.one_time_token = true,
            "cancellable" => form.cancellable = true,
            _ => {}
        }
    }
    form
}

/// An amount as people write it: `1,50` is 1.50 to half of Europe.
fn amount(text: &str) -> String {
    let text = text.trim();
    if text.contains('.') || text.matches(',').count() != 1 { text.to_owned() } else { text.replace(',', ".") }
}

/// What the gateway says is wrong with the call, beside the field of the form that it speaks of.
pub fn error(form: &DemoForm, reason: &str) -> DemoError {
    let callback = form.callback.field();
    let known = [
        ("amount", DemoField::Amount),
        ("recipient_note", DemoField::Note),
        ("note", DemoField::Note),
        ("callback_url", callback),
        ("callback", callback),
        ("initiation.amount.value", DemoField::Amount),
        ("initiation.remittanceInformationPrimary", DemoField::Note),
        ("initiation.callbackUrl", callback),
        ("description", DemoField::Note),
        ("successUrl", callback),
    ];
    for (name, field) in known {
        if let Some(rule) = reason.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")) {
            return DemoError::at(field, rule);
        }
    }
    if form.amount.is_empty() {
        return DemoError::at(DemoField::Amount, "is missing");
    }
    DemoError::of_form(reason)
}

/// The chosen field that was left empty, which the gateway would take for no request at all.
pub fn missing(form: &DemoForm) -> Option<DemoError> {
    let chosen = match form.callback {
        Choice::Saved => return None,
        Choice::Url => &form.url,
        Choice::List => &form.list,
        Choice::App => &form.app,
    };
    chosen.trim().is_empty().then(|| DemoError::at(form.callback.field(), "is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_write_it() {
        for (written, read) in
            [("1,50", "1.50"), (" 25.00 ", "25.00"), ("1.000,50", "1.000,50"), ("1,000,000", "1,000,000")]
        {
            assert_eq!(amount(written), read);
        }
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let form = DemoForm { callback: Choice::List, ..DemoForm::new("http://127.0.0.1/display-parameters") };
        for (reason, field, sentence) in [
            ("amount: is not a decimal number", Some(DemoField::Amount), "Amount in EUR: is not a decimal number."),
            ("callback_url: is blank", Some(DemoField::List), "A list: is blank."),
            ("The link could not be made", None, "The link could not be made."),
        ] {
            let error = error(&form, reason);
            assert_eq!((error.field(), error.sentence().as_str()), (field, sentence));
        }
    }
}

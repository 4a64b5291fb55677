//! Every sentence of the console, in English.

pub(super) mod accounts;
pub(super) mod journeys;
pub(super) mod keys;
pub(super) mod numbers;
pub(super) mod start;
pub(super) mod webhooks;

pub(super) mod frame {
    pub const SKIP: &str = "Skip to the page";
    pub const NAVIGATION: &str = "Console";
    pub const OPERATOR: &str = "Operator";
    pub const SIGN_OUT: &str = "Sign out";
    pub const START: &str = "Start";
    pub const CALLBACKS: &str = "Callbacks";
    pub const JOURNEYS: &str = "Journeys";
    pub const WEBHOOKS: &str = "Webhooks";
    pub const KEYS: &str = "Keys";
    pub const ACCOUNTS: &str = "Accounts";
    pub const SETTINGS: &str = "Settings";
    pub const NUMBERS: &str = "Numbers";
    pub const MERCHANTS: &str = "Merchants";
    pub const PROVIDERS: &str = "Providers";
    pub const NODE: &str = "This node";
    pub const AUDIT: &str = "Audit log";
    pub const SESSIONS: &str = "Sessions";
    pub const PEOPLE: &str = "People";
    pub const TEST: &str = "Test";
    pub const LIVE: &str = "Live";
    pub const TEST_SENTENCE: &str =
        "No money moves here. A merchant stays test or live for good: your live merchant has a console of its own.";
    pub const LIVE_SENTENCE: &str =
        "Real money moves here. A merchant stays test or live for good: your test merchant has a console of its own.";

    pub fn signed_in(who: &str, role: &str) -> String {
        format!("{who} ({role})")
    }
}

pub(super) mod problem {
    pub const LINK_COMMAND: &str = "handback console link";
    pub const SIGNED_OUT: &str = "You are not signed in";
    pub const HAS_SIGNED_OUT: &str = "You have signed out";
    pub const SIGNED_OUT_SENTENCE: &str =
        "The operator of this gateway makes you a sign-in link. On the server, this command prints one:";
    pub const LINK_OVER: &str = "This link does not work any more";
    pub const LINK_OVER_SENTENCE: &str = "A sign-in link works once, within 15 minutes. Ask the operator for a new one. On the server, this command prints it:";
    pub const OTHER_CONSOLE: &str = "This page is not in your console";
    pub const OTHER_CONSOLE_SENTENCE: &str =
        "The operator and each merchant have a console of their own. Sign in there with a link for it.";
    pub const NOT_YOUR_ROLE: &str = "Your role does not allow this";
    pub const NOT_OUR_FORM: &str = "Nothing was changed";
    pub const NOT_OUR_FORM_SENTENCE: &str =
        "The form did not come from a page of your session. Open the page again, and send the form from there.";
    pub const SENT_BEFORE: &str = "This form was sent before";
    pub const SENT_BEFORE_SENTENCE: &str =
        "What it made then stands in its list; a secret was shown once. Open the page again to send another form.";
    pub const OPENED_ELSEWHERE: &str = "Nobody was signed in";
    pub const OPENED_ELSEWHERE_SENTENCE: &str = "Open the sign-in link in this browser, and press the button there. The browser must take cookies. The link stays unused.";
    pub const TOO_OFTEN: &str = "Too many tries to sign in";
    pub const TOO_OFTEN_SENTENCE: &str = "Wait a minute, then try again. A sign-in link stays unused meanwhile.";
    pub const WAYS_IN: &str = "Sign in";
    pub const ATTEMPT_OVER: &str = "This sign-in is over";
    pub const ATTEMPT_OVER_SENTENCE: &str =
        "It takes ten minutes at most, in one browser that takes cookies, and works once. Begin again.";
    pub const NOBODY_SIGNED_IN: &str = "Nobody was signed in";
    pub const NO_ACCESS: &str = "Nothing is open to you here";
    pub const LINK_IS_MAILED: &str = "Look into your mail";
    pub const LINK_IS_MAILED_SENTENCE: &str = "Where an admin has named this address, a sign-in link is on its way. It works once, within 15 minutes. No mail? Look into the spam folder, or ask an admin of your merchant.";
    pub const ASKED_TOO_OFTEN: &str = "Asked too often";
    pub const ASKED_TOO_OFTEN_SENTENCE: &str =
        "Your callbacks are looked at once a second, and several people have just asked. Try again in a moment.";
    pub const NEEDS_HTTPS: &str = "The console needs https";
    pub const NEEDS_HTTPS_SENTENCE: &str = "This gateway’s public URL is http, so no browser would keep your session. Your link stays unused. The operator sets public_url to an https address.";
    pub const UNREADABLE: &str = "This request cannot be read";
    pub const UNREADABLE_SENTENCE: &str = "No page of the console makes such a request. Open the page again.";
    pub const NOT_FOUND: &str = "Page not found";
    pub const NOT_FOUND_SENTENCE: &str = "It does not exist, or it belongs to another merchant.";
    pub const DISABLED: &str = "This merchant is disabled";
    pub const DISABLED_SENTENCE: &str =
        "The operator has disabled it. Its running journeys go on. Ask the operator to enable it again.";
    pub const REFUSED: &str = "Nothing was changed";
    pub const MORE_TO_SEND: &str = "There are more. Open the deliveries, and send them again once more.";
    pub const TO_START: &str = "Go to the console’s first page";

    pub fn provider_refuses(label: &str, code: &str) -> String {
        format!("{label} has not said who you are ({code}). Begin again, or ask the operator for a sign-in link.")
    }

    pub fn provider_away(label: &str) -> String {
        format!("{label} gives no answer that counts. Try again in a minute; the operator finds why in the log.")
    }

    pub fn no_access(label: &str) -> String {
        format!("{label} has said who you are, and none of your groups has a role here. Ask the operator for one.")
    }

    pub fn sent_again(count: usize) -> String {
        format!("{count} deliveries are sent again")
    }

    pub fn not_your_role(needed: &str) -> String {
        format!("It needs the role “{needed}”. Ask for a sign-in link with that role.")
    }
}

pub(super) mod sign_in {
    pub const SIGN_IN: &str = "Sign in";
    pub const WAYS_IN: &str = "Sign in to the console";
    pub const BY_COMMAND: &str =
        "A sign-in link opens the console too. The operator makes one; on the server, this command prints it:";
    pub const EMAIL: &str = "Your mail address";
    pub const MAIL_LINK: &str = "Send me a sign-in link";
    pub const CHOOSE: &str = "Choose a console";
    pub const CHOOSE_SENTENCE: &str = "Your groups open more than one. You are signed in to one at a time.";
    pub const OPERATORS: &str = "Operator";

    pub fn by_openid(label: &str) -> String {
        format!("Sign in with {label}")
    }
    pub const ONCE: &str =
        "The link works once. You stay signed in for 12 hours, or until you have not used the console for an hour.";

    pub fn title(whose: Option<&String>) -> String {
        match whose {
            Some(merchant) => format!("Sign in to the console of {merchant}"),
            None => "Sign in to the operator’s console".to_owned(),
        }
    }

    pub fn as_whom(name: &str, role: &str) -> String {
        format!("As {name}, with the role “{role}”.")
    }
}

pub(super) mod sessions {
    pub const TITLE: &str = "Sessions";
    pub const LEDE: &str =
        "Who is signed in to this console. A session ends 12 hours after it began, or an hour after it was last used.";
    pub const WHO: &str = "Who";
    pub const BEGAN: &str = "Began";
    pub const SEEN: &str = "Last used";
    pub const ENDS: &str = "Ends";
    pub const OWN: &str = "this session";
    pub const END: &str = "End session";
    pub const DO: &str = "Do";
}

pub(super) mod people {
    pub const TITLE: &str = "People";
    pub const LEDE: &str = "Who is named here asks for a sign-in link on the sign-in page, and gets it by mail. Admins are mailed too when a webhook endpoint fails for an hour or is gone.";
    pub const NO_MAIL: &str = "This gateway sends no mail, so nobody gets a link by it. The operator sets mail.smtp_url; until then the operator makes links.";
    pub const NONE: &str = "Nobody is named yet.";
    pub const EMAIL: &str = "Mail address";
    pub const ROLE: &str = "Role";
    pub const ADD: &str = "Add";
    pub const REMOVE: &str = "Remove";
    pub const REMOVED: &str =
        "Naming somebody again changes the role. Either ends the sessions that this address has begun by mail.";
    pub const DO: &str = "Do";
}

pub(super) mod audit {
    pub const TITLE: &str = "Audit log";
    pub const LEDE: &str = "Who changed what in this console or by API, newest first. Entries are kept for a year. “change.begun” stays where it is not known whether anything was changed. Sign-in links that are made on the command line are not listed here.";
    pub const WHEN: &str = "When";
    pub const WHO: &str = "Who";
    pub const WHAT: &str = "What";
    pub const OBJECT: &str = "Of what";
    pub const NONE: &str = "Nothing has been changed yet.";
    pub const OLDER: &str = "Older entries";
}

pub(super) mod callbacks {
    use crate::domain::{Grade, Subject};

    pub const TITLE: &str = "Callbacks";
    pub const LEDE: &str =
        "Where your customers come back to. A call names one by its index or its name; an index stays what it is.";
    pub const NONE: &str = "No callback is saved yet.";
    pub const ADD: &str = "Save a callback";
    pub const SAVE: &str = "Save";
    pub const CHANGE: &str = "Change";
    pub const DELETE: &str = "Delete";
    pub const DELETE_SENTENCE: &str =
        "New journeys cannot use it any more; those under way still come home to it. No other callback gets its index.";
    pub const INDEX: &str = "Index";
    pub const NAME: &str = "Name";
    pub const URL: &str = "URL";
    pub const URL_HINT: &str = "https, or the scheme of your app. {PAY_ID} and other placeholders are filled in.";
    pub const NAME_LABEL: &str = "Name (optional)";
    pub const NAME_HINT: &str = "A lower-case letter, then up to 31 letters, digits, - and _.";
    pub const PARAMS_IN: &str = "Where the parameters go";
    pub const IN_QUERY: &str = "Into the query";
    pub const IN_FRAGMENT: &str = "Behind the #, for apps with a hash router";
    pub const ON_REQUEST: &str = "Only for journeys that name it";
    pub const ON_REQUEST_BADGE: &str = "only by name";
    pub const WATCHED_BADGE: &str = "watched";
    pub const DOWN_BADGE: &str = "down";
    pub const DEVICES: &str = "An app on phones";
    pub const IOS: &str = "Link into the app on iOS";
    pub const ANDROID: &str = "Link into the app on Android";
    pub const ANDROID_PACKAGE: &str = "Package of the app on Android";
    pub const FALLBACK: &str = "Where a customer without the app goes on";
    pub const APP_STORE: &str = "The app’s page in the App Store";
    pub const PLAY_STORE: &str = "The app’s page in Google Play";
    pub const WEB: &str = "URL for all other devices";
    pub const APP_LINKS: &str = "How https links open the app";
    pub const AS_SETTING: &str = "As your settings have it";
    pub const PRESS: &str = "By a button on our page";
    pub const REDIRECT: &str = "By a redirect";
    pub const PREVIEW: &str = "What will my customer’s browser open?";
    pub const PREVIEW_LEDE: &str =
        "The exact URLs. Number, token and signature are samples. Select one to copy it, or open it.";
    pub const OUTCOME: &str = "Outcome";
    pub const OPENS: &str = "Opens";
    pub const OPEN: &str = "Open";
    pub const WITHOUT_APP: &str = "Without the app:";
    pub const TEST: &str = "Make a test journey";
    pub const TEST_LEDE: &str =
        "You go to the checkout as your customer would, and come back to this callback. No money moves.";
    pub const AMOUNT: &str = "Amount";
    pub const CURRENCY: &str = "Currency";
    pub const ALL: &str = "All callbacks";

    pub fn change(index: usize) -> String {
        format!("Change callback {index}")
    }

    pub fn one(index: usize, name: &str) -> String {
        if name.is_empty() { format!("Callback {index}") } else { format!("Callback {index}: {name}") }
    }

    pub fn in_words_of(dialect: &str) -> &str {
        match dialect {
            "handback" => "Journeys of /v1",
            "secpaid" => "Links of SecPaid’s API",
            other => other,
        }
    }

    pub const WATCH: &str =
        "Look at it every minute; while it is down, customers get a page with a button instead of a redirect";
    pub const WATCHED: &str = "watched";
    pub const DOWN: &str = "down";
    pub const DOWN_SENTENCE: &str =
        "It does not answer. Customers who come back now get our page with a button that leads here. Since:";
    pub const CHECK_UP: &str = "Check-up";
    pub const CHECK_UP_LEDE: &str = "The gateway calls the callback from outside, with none of our parameters, and says what a customer would meet there. It takes five seconds at the most.";
    pub const CHECK_UP_NOW: &str = "Check it now";

    pub const fn subject(subject: Subject) -> &'static str {
        match subject {
            Subject::Answer => "Answer",
            Subject::Speed => "Speed",
            Subject::Redirect => "Redirect",
            Subject::Certificate => "Certificate",
            Subject::Cookies => "Cookies",
            Subject::UniversalLink => "App on iPhones",
            Subject::AppLink => "App on Android",
        }
    }

    pub const fn grade(grade: Grade) -> &'static str {
        match grade {
            Grade::Sound => "Sound",
            Grade::Remark => "Remark",
            Grade::Trouble => "Trouble",
        }
    }

    pub fn device(device: &str) -> &str {
        match device {
            "ios" => "iPhone and iPad",
            "android" => "Android",
            "mac_or_ipad" => "Mac, or an iPad that says so",
            _ => "All other devices",
        }
    }

    pub fn unusable(reason: &str) -> String {
        format!("It cannot be used here: {reason}")
    }
}

pub(super) mod operator {
    pub const MERCHANTS: &str = "Merchants";
    pub const MERCHANTS_LEDE: &str = "A sign-in link opens a merchant’s console for one person, once, within 15 minutes. Opened in this browser, it takes the place of your own session.";
    pub const DISABLED: &str = "Disabled";
    pub const SINCE: &str = "since";
    pub const FOR_WHOM: &str = "Name of the person";
    pub const ROLE: &str = "Role";
    pub const MAKE_LINK: &str = "Make a sign-in link";
    pub const DISABLE: &str = "Disable";
    pub const ENABLE: &str = "Enable";
    pub const ADD: &str = "Add a merchant";
    pub const NAME: &str = "Name that customers see";
    pub const MODE: &str = "Mode, for good";
    pub const FOR_TESTS: &str = "Test: no money moves";
    pub const FOR_MONEY: &str = "Live: real money moves";
    pub const PROVIDERS: &str = "Providers";
    pub const PROVIDERS_LEDE: &str =
        "Those of the configuration, as this node meets them. Merchants’ own accounts are in their consoles.";
    pub const NO_PROVIDER: &str = "The configuration has no provider.";
    pub const NAME_HEAD: &str = "Name";
    pub const LABEL: &str = "Label";
    pub const MODE_HEAD: &str = "Mode";
    pub const PAYMENTS: &str = "Takes payments";
    pub const STATE: &str = "State";
    pub const LAST_ERROR: &str = "Last error (UTC), since this node was started";
    pub const YES: &str = "yes";
    pub const NO: &str = "no";
    pub const NOTHING_WRONG: &str = "nothing wrong is known";

    pub const NODE: &str = "This node";
    pub const NODE_LEDE: &str = "The node that has answered this request. Behind a load balancer another one may answer the next: each node says the same of itself at /health, beside its metrics.";
    pub const CHECK: &str = "Check";
    pub const WELL: &str = "well";
    pub const TROUBLE: &str = "trouble";
    pub const CHECKS: &str = "What is looked at";
    pub const QUEUES: &str = "The courier of this node";
    pub const VERSION: &str = "version";
    pub const READINESS: &str = "readiness";
    pub const STORE: &str = "store";
    pub const CONNECTIONS: &str = "connections";
    pub const FILES: &str = "open files";
    pub const SKEW: &str = "store\u{2019}s clock";
    pub const WORK: [&str; 4] = [
        "Attempts under way",
        "Attempts unanswered for more than a second",
        "Deliveries waiting for an attempt",
        "Receivers that are failing",
    ];
    pub const LAG: &str = "Longest wait of a due delivery";

    pub fn of(used: u64, most: u64) -> String {
        format!("{used} of {most}")
    }

    pub fn ahead(millis: i64) -> String {
        let way = if millis < 0 { "behind" } else { "ahead of" };
        format!("{} ms {way} this machine\u{2019}s", millis.unsigned_abs())
    }

    pub fn silent(seconds: u64) -> String {
        format!("no answer for {seconds} s")
    }
}

pub(super) mod issued {
    pub const ONCE: &str = "Copy this now: it cannot be shown again.";
    pub const LINK: &str = "Link";
    pub const LINK_SENTENCE: &str =
        "Copy it now, and give it to that person alone: it signs in once, within 15 minutes.";
    pub const REPLACED_AT_ONCE: &str = "Copy it now: it cannot be shown again. The old key has ended.";
    pub const SECRET: &str = "New signing secret";
    pub const SECRET_SENTENCE: &str =
        "Copy it now: it cannot be shown again. For a day, webhooks are signed with the old one and the new one.";
    pub const TO_MERCHANTS: &str = "Back to the merchants";
    pub const TO_KEYS: &str = "Back to the keys";
    pub const TO_WEBHOOKS: &str = "Back to the webhooks";
    pub const TO_ACCOUNT: &str = "Back to the account";
    pub const ENGINE_SECRET_SENTENCE: &str = "Copy it now, and give it to your payment engine: it cannot be shown again. Both sides sign with it. One that it replaces counts for a day more.";

    pub fn merchant(name: &str) -> String {
        format!("{name} was added")
    }

    pub fn link(name: &str) -> String {
        format!("Sign-in link for {name}")
    }

    pub fn key(name: &str) -> String {
        format!("API key {name}")
    }

    pub fn rotated_key(until: &str) -> String {
        format!("Copy it now: it cannot be shown again. The old key is valid until {until} (UTC).")
    }

    pub fn engine_secret(account: &str) -> String {
        format!("Secret of the account {account}")
    }
}

/// What people call an outcome, a role and a mode; elsewhere the words are those of the API.
pub(super) fn capitalised(word: &str) -> String {
    if word == "url" {
        return word.to_uppercase();
    }
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

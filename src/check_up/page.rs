//! What an answer of a callback means for the customer who is sent there.

use std::time::Duration;

use url::Url;

use super::{certificate, cookies};
use crate::domain::{Finding, Subject, UnixMillis};
use crate::egress::header::{self, HeaderName};
use crate::egress::{HttpReply, Trouble};

/// Within what time an answer is fast.
const FAST: Duration = Duration::from_millis(100);

/// Where an answer says where it leads; it is read here, and never written.
const LEADS_TO: HeaderName = header::LOCATION;

/// Where a page is looked at: the name of the URL in its callback, and the URL.
type Place<'a> = (&'static str, &'a str);

/// Judges what came of the call.
pub(super) fn judge(place: Place<'_>, answer: Result<HttpReply, Trouble>, now: UnixMillis) -> Vec<Finding> {
    let (of, url) = place;
    let reply = match answer {
        Ok(reply) => reply,
        Err(trouble) => return vec![unanswered(of, &trouble)],
    };
    let mut found = vec![answered(of, reply.status().as_u16()), speed(of, reply.head_took())];
    found.push(redirect(place, reply.status().is_redirection(), reply.header(&LEADS_TO)));
    found.extend(reply.certificate().map(|der| certificate::judge(of, der, now)));
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    found.extend(cookies::judge((of, &host), reply.headers(&header::SET_COOKIE)));
    found
}

fn unanswered(of: &'static str, trouble: &Trouble) -> Finding {
    if let Some(why) = trouble.distrusted() {
        return certificate::distrusted(of, why);
    }
    let subject = (of, Subject::Answer);
    match trouble {
        Trouble::Refused(why) => Finding::remark(
            subject,
            format!("It was not asked: {why}."),
            "A browser may go there all the same. The gateway asks public https addresses, and those that its operator allows.",
        ),
        Trouble::Unreachable(why) => Finding::trouble(
            subject,
            format!("No connection came about: {why}."),
            "Look whether the name is right, and whether the server runs and can be reached from the Internet.",
        ),
        Trouble::Unanswered(why) => Finding::trouble(
            subject,
            format!("It was connected to, and did not answer: {why}."),
            "Look at the load and the log of the server.",
        ),
        Trouble::TooLarge { status, .. } => answered(of, status.as_u16()),
    }
}

fn answered(of: &'static str, status: u16) -> Finding {
    let subject = (of, Subject::Answer);
    match status {
        200..400 => Finding::sound(subject, format!("It answers {status}.")),
        404 | 410 => Finding::trouble(
            subject,
            format!("It answers {status}: there is no page."),
            "Look whether the address is right. If it needs parameters to be found, make a test journey.",
        ),
        400..500 => Finding::remark(
            subject,
            format!("It answers {status}."),
            "It was called without any of our parameters and without a cookie. If that is why, make a test journey.",
        ),
        _ => Finding::trouble(subject, format!("It answers {status}."), "Look at the log of the server."),
    }
}

fn speed(of: &'static str, took: Duration) -> Finding {
    let (subject, millis) = ((of, Subject::Speed), took.as_millis());
    if took <= FAST {
        return Finding::sound(subject, format!("It answered within {millis} ms, connecting included."));
    }
    let advice = "Up to 100 ms is fast. A customer waits for this page; do slow work behind it.";
    Finding::remark(subject, format!("It took {millis} ms to answer, connecting included."), advice)
}

fn redirect((of, url): Place<'_>, is_redirect: bool, location: Option<&str>) -> Finding {
    let subject = (of, Subject::Redirect);
    if !is_redirect {
        return Finding::sound(subject, "It does not redirect.");
    }
    let from = Url::parse(url).ok();
    let to = from.as_ref().zip(location).and_then(|(from, location)| from.join(location).ok());
    let (Some(from), Some(to)) = (from, to) else {
        let advice = "A browser stays on an empty page. Answer with a page, or with a Location that is a URL.";
        return Finding::trouble(subject, "It redirects, and does not say where to.", advice);
    };
    let mut shown = to.to_string();
    if shown.len() > 200 {
        shown = shown.chars().take(200).chain(['…']).collect();
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        let advice =
            "Everybody on the way can read what a browser sends there, one-time tokens too. Redirect to https.";
        return Finding::trouble(subject, format!("It redirects to plain http: {shown}"), advice);
    }
    let advice = "The page there sees our parameters only if the redirect carries them on, and the customer waits for one \
                  more answer. Save the last address instead.";
    Finding::remark(subject, format!("It redirects to {shown}"), advice)
}

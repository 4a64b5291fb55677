//! Every sentence that is mailed, in English, as the console is.

use crate::domain::{MailMessage, MailedLink};

/// The subject and the text of a message.
pub(super) fn written(message: &MailMessage) -> (String, String) {
    match message {
        MailMessage::SignInLinks(links) => ("Your sign-in link".to_owned(), sign_in(links)),
        MailMessage::EndpointTrouble { merchant, url, is_gone, page } => {
            let (subject, sentence) = if *is_gone {
                ("is gone", "has answered that it is gone (410). Nothing is sent there any more.")
            } else {
                ("fails", "has not taken a webhook for an hour. Each is tried again for days; then it waits for you.")
            };
            (
                format!("{merchant}: a webhook endpoint {subject}"),
                format!(
                    "{url} {sentence}\r\n\r\nWhat waits there, and why it was not taken:\r\n{page}\r\n\r\n\
                     You get this because you are an admin of {merchant}, once a day at most for each endpoint.\r\n"
                ),
            )
        }
    }
}

fn sign_in(links: &[MailedLink]) -> String {
    let links: String =
        links.iter().map(|MailedLink { merchant, url }| format!("{merchant}:\r\n{url}\r\n\r\n")).collect();
    format!(
        "{links}A link signs you in once, within 15 minutes, in the browser that opens it.\r\n\
         If you did not ask for it, ignore this mail: nobody is signed in by it.\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_says_what_it_is_about() {
        let link =
            |merchant: &str| MailedLink { merchant: merchant.into(), url: format!("https://pay.example/{merchant}") };
        let (_, text) = written(&MailMessage::SignInLinks(vec![link("a"), link("b")]));
        assert!(text.starts_with("a:\r\nhttps://pay.example/a\r\n\r\nb:\r\nhttps://pay.example/b\r\n"), "{text}");
        let trouble = |is_gone| {
            let (merchant, url, page) =
                ("Shop".into(), "https://shop.example/hook".into(), "https://pay.example".into());
            written(&MailMessage::EndpointTrouble { merchant, url, is_gone, page })
        };
        assert_eq!(trouble(true).0, "Shop: a webhook endpoint is gone");
        assert!(trouble(false).1.starts_with("https://shop.example/hook has not taken a webhook for an hour."));
    }
}

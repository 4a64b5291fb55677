//! Sign-in links that people ask for by their mail address.

use super::issue_link;
use crate::domain::merchant::Standing;
use crate::domain::{ConsoleScope, EmailAddress, Mail, MailMessage, MailedLink, Member, MemberName};
use crate::engine::Engine;
use crate::engine::deps::Result;

/// Whether people can ask for a link.
pub fn has_mail(engine: &Engine) -> bool {
    engine.deps.ways_in.mailer.is_some()
}

/// Mails a sign-in link for each merchant whose admin has named this address. Who asks must not wait for it: how long
/// it takes says whether somebody has.
///
/// # Errors
/// When there is no key, or the store is in trouble.
pub async fn mail_links(engine: &Engine, to: EmailAddress) -> Result<()> {
    let Some(mailer) = &engine.deps.ways_in.mailer else { return Ok(()) };
    let mut links = Vec::new();
    for merchant in engine.deps.store.merchants().await? {
        let person = merchant.people.iter().find(|person| person.email == to);
        let Some(person) = person.filter(|_| merchant.standing == Standing::Active) else { continue };
        // The audit log knows who signs in by the address.
        let name = MemberName::shortened(to.as_str())?;
        let member = Member { scope: ConsoleScope::Merchant(merchant.id), role: person.role, name, by_mail: true };
        if let Some(link) = issue_link(engine, &member).await? {
            links.push(MailedLink { merchant: merchant.name.as_str().to_owned(), url: link.url });
        }
    }
    if !links.is_empty() {
        mailer.send(Mail { to, message: MailMessage::SignInLinks(links) });
    }
    Ok(())
}

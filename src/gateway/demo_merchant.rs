//! The merchant that a demo begins with, its callbacks, and the shop that it is tried in.

use std::net::SocketAddr;

use anyhow::Result;

use super::way_out;
use crate::config::Config;
use crate::demo::Demo;
use crate::domain::merchant::Used;
use crate::domain::{
    CallbackName, CallbackUrl, ConsoleScope, DeviceUrls, Member, MemberName, MerchantId, MerchantName, Mode, Placement,
    Role, SavedCallback, SavedCallbacks, secret::Secret,
};
use crate::engine::{Edit, Engine, IssuedLink, NewMerchant, use_cases};
use crate::sandbox::display_url;

/// The name of the merchant that a demo begins with.
const DEMO_MERCHANT: &str = "Demo shop";

/// What its id is made of: the same on every node, so that servers which start together make one merchant.
const DEMO_MERCHANT_ENTROPY: [u8; 16] = *b"the demo's shop.";

/// The demo merchant, made on the first start, and its app.
pub(super) async fn open_demo(
    config: &Config,
    engine: &Engine,
    addr: SocketAddr,
) -> Result<(Option<NewMerchant>, Option<Demo>)> {
    let id = MerchantId::mint(DEMO_MERCHANT_ENTROPY);
    let mut callbacks = SavedCallbacks::default();
    for callback in demo_callbacks(engine)? {
        callbacks.add(callback)?;
    }
    let newcomer =
        use_cases::merchants::add_as(engine, (id, Mode::Test), MerchantName::parse(DEMO_MERCHANT)?, callbacks).await?;
    if newcomer.is_none() {
        put_demo_callbacks_right(engine, id).await?;
    }
    let Some(merchant) = use_cases::authenticate::merchant(engine, id).await? else { return Ok((None, None)) };
    let Some(key) = use_cases::secrets::demo_key(engine, merchant.id).await? else { return Ok((newcomer, None)) };
    let key = Secret::new(key.reveal());
    // The shop calls this very server, which nobody else may.
    let client = way_out(config).allow([addr.ip().into()]).build()?;
    let demo = Demo::new(DEMO_MERCHANT.into(), key, format!("http://{addr}"), engine.deps.public_url.clone(), client);
    Ok((newcomer, Some(demo)))
}

/// A link to the console of the demo merchant.
pub(super) async fn demo_console(engine: &Engine) -> Result<Option<IssuedLink>> {
    let scope = ConsoleScope::Merchant(MerchantId::mint(DEMO_MERCHANT_ENTROPY));
    let member = Member { scope, role: Role::Admin, name: MemberName::parse("demo")?, by_mail: false };
    Ok(use_cases::console::issue_link(engine, &member).await?)
}

/// The demo's two callbacks. The second one is there to be chosen: a journey that names none comes home to the first,
/// and nobody else learns it.
fn demo_callbacks(engine: &Engine) -> Result<[SavedCallback; 2]> {
    let page = display_url(&engine.deps.public_url);
    let saved = |name: &str, url: &str, used| {
        anyhow::Ok(SavedCallback {
            url: CallbackUrl::parse(url, &engine.deps.rules)?,
            name: Some(CallbackName::parse(name)?),
            params_in: Placement::Query,
            device_urls: DeviceUrls::default(),
            used,
            watched: false,
        })
    };
    Ok([saved("display", &page, Used::ByDefault)?, saved("second", &format!("{page}?shop=2"), Used::OnRequest)?])
}

/// Puts the demo's callbacks right when this start has another address than the last. Those that somebody has deleted
/// or renamed stay so.
async fn put_demo_callbacks_right(engine: &Engine, id: MerchantId) -> Result<()> {
    let Some(merchant) = use_cases::authenticate::merchant(engine, id).await? else { return Ok(()) };
    for wanted in demo_callbacks(engine)? {
        let known = wanted.name.as_ref().and_then(|name| merchant.callbacks.named(name.as_str()));
        if let Some((index, _)) = known.filter(|(_, saved)| **saved != wanted) {
            use_cases::profile::edit(engine, id, &Edit::Replace(index, wanted), None).await?;
        }
    }
    Ok(())
}

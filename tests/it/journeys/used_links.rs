//! A link that is opened after its end says what happened, and shows a way on.

use std::time::Duration;

use handback::web::views::assets;
use serde_json::json;

use crate::support::gateway::TestGateway;
use crate::support::on_every_store;

on_every_store![
    a_used_link_says_so_and_hands_home_again,
    a_cancelled_link_says_so_and_hands_home_again,
    a_withdrawn_link_says_so_and_hands_home_again,
    a_link_that_was_never_made_is_not_found,
    a_hostile_note_is_shown_and_never_run,
    the_checkout_page_is_light,
    a_picture_of_a_link_is_made_here,
];

async fn a_used_link_says_so_and_hands_home_again(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "callback_url": "https://shop.example/cb?a=1", "one_time_token": true })).await;
    let home = gateway.http.pay(&link.text, "code=ok").await.location();
    let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    page.says("Payment complete").says("Back to Shop").says("/payment/home?link_id=").never_says("/payment/pay");
    for _ in 0..3 {
        assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), home);
    }
    let pressed = gateway.http.submit("/payment/pay", &[("link_id", &link.text)]).await;
    assert_eq!(pressed.location(), home);
}

async fn a_cancelled_link_says_so_and_hands_home_again(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let home = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await.location();
    gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200).says("Payment cancelled");
    assert_eq!(gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location(), home);
}

async fn a_withdrawn_link_says_so_and_hands_home_again(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    // A customer who does not come back for so long is not waited for.
    gateway.wait(Duration::from_mins(40));
    let deleted = merchant.secpaid("deleteLink", &json!({ "id": link.id })).await.is(200).json();
    assert_eq!(deleted["data"]["status"], "Deleted");
    let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    page.says("Link withdrawn").says("Shop has withdrawn").never_says("/payment/pay");
    let home = gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await.location();
    assert_eq!(home, format!("https://shop.example/cb?{}", merchant.query(&link, "&status=cancel")));
    // Somebody was at the bank all the time, and paid: money counts more than a deletion.
    let paid = gateway.http.back(&sent_out.with("code=ok")).await.location();
    assert!(paid.ends_with("&status=success"), "{paid}");
}

async fn a_link_that_was_never_made_is_not_found(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({})).await;
    let cut = &link.text[..30];
    let forged = format!("{}{}", &link.text[..29], if link.text.ends_with("AA") { "BB" } else { "AA" });
    for wrong in ["", "x", cut, &forged, &link.id, "OTkyOTA=", &"A".repeat(4000)] {
        let page =
            gateway.http.get(&format!("/payment?link_id={wrong}")).await.is(404).says("We do not know this link");
        page.never_says("Shop");
        for form in ["/payment/pay", "/payment/cancel"] {
            gateway.http.submit(form, &[("link_id", wrong)]).await.is(404);
        }
        for other in ["home", "app", "qr.png"] {
            gateway.http.get(&format!("/payment/{other}?link_id={wrong}")).await.is(404);
        }
    }
    gateway.http.get("/payment").await.is(404);
    gateway.http.submit("/payment/pay", &[]).await.is(404);
    assert_eq!(merchant.status(&link).await, "open");
}

async fn a_hostile_note_is_shown_and_never_run(gateway: TestGateway) {
    let merchant = gateway.merchant("<b>Shop & \"sons\"</b>");
    let note = "</p><script>alert(1)</script>\" onload='x'";
    let link = merchant.link(json!({ "recipient_note": note })).await;
    assert_eq!(link.data["recipient_note"], note);
    let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    page.never_says("<script>alert").never_says("<b>Shop");
}

async fn the_checkout_page_is_light(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({ "recipient_note": "x".repeat(200) })).await;
    let page = gateway.http.get(&format!("/payment?link_id={}", link.text)).await.is(200);
    // What it does not know is ignored, however often it comes.
    gateway.http.get(&format!("/payment?link_id={}&find=a&find=b", link.text)).await.is(200);
    let style = gateway.http.get(&assets::STYLE.url).await.is(200);
    let icon = gateway.http.get(&assets::ICON.url).await.is(200);
    let whole = page.body.len() + style.body.len() + icon.body.len();
    assert!(whole < 15_000, "{whole} bytes");
    page.never_says("<script");
}

async fn a_picture_of_a_link_is_made_here(gateway: TestGateway) {
    let merchant = gateway.merchant("Shop");
    let link = merchant.link(json!({})).await;
    let address = link.data["qr_img"].as_str().unwrap();
    assert!(address.starts_with(gateway.http.base()), "{address}");
    let picture = gateway.http.get(address).await.is(200);
    assert_eq!(picture.header("content-type"), "image/png");
    assert!(picture.body.starts_with(b"\x89PNG\r\n"));
}

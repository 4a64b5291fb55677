//! Pages and files: their headers, their cache, and the addresses that have nothing.

use handback::domain::color::Color;
use handback::web::views::assets::{self, Asset};
use handback::web::views::palette::Palette;
use reqwest::Method;
use serde_json::json;

use crate::support::gateway::{StoreKind, TestGateway, eventually};
use crate::support::http::HttpReply;

#[tokio::test]
async fn every_page_is_locked_down() {
    let gateway = TestGateway::open_with(StoreKind::Embedded, &[("HANDBACK_RETURN_BUDGET", "100ms")]).await;
    let merchant = gateway.merchant("Shop");
    let http = &gateway.http;
    let open = merchant.link_to("com.example.shop://paid").await;
    let slow = merchant.link_to("https://shop.example/cb").await;
    let used = merchant.link_to("com.example.shop://paid").await;
    let app = http.pay(&used.text, "error=access_denied").await.location();
    let bank = http.leave(&open.text).await.location;
    let pages: Vec<(&str, HttpReply)> = vec![
        ("front", http.get("/").await),
        ("demo", http.get("/demo").await),
        ("checkout", http.get(&format!("/payment?link_id={}", open.text)).await),
        ("ended", http.get(&format!("/payment?link_id={}", used.text)).await),
        ("app", http.get(&http.get(&app).await.location()).await),
        ("bank", http.get(&bank).await),
        ("waiting", http.pay(&slow.text, "code=slow:3000").await),
        ("display", http.get("/display-parameters?a=b").await),
        ("ticket of nobody", http.get("/payment/app?ticket=x").await),
        ("unknown link", http.get("/payment?link_id=x").await),
        ("link twice", http.get("/payment?link_id=x&link_id=y").await),
        ("unknown return", http.get("/return/sandbox?state=x&code=y").await),
        ("nothing here", http.get("/nothing/here").await),
        ("bank without a query", http.get("/sandbox/authorise").await),
    ];
    for (name, page) in pages {
        assert!(!page.has("location") && !page.has("set-cookie"), "{name}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{name}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{name}");
        let policy = page.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert!(!policy.contains("form-action") && !policy.contains("unsafe"), "{name}: {policy}");
        let text = page.text();
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick"), "{name}");
        assert!(text.contains("<title>") && text.contains("<html lang="), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_is_a_303_with_one_location_and_nothing_else_to_tell() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    let link = merchant.link_to("https://shop.example/cb").await;
    let sent_out = gateway.http.leave(&link.text).await;
    let back = gateway.http.back(&sent_out.with("code=ok")).await;
    let cancelled = gateway.http.submit("/payment/cancel", &[("link_id", &link.text)]).await;
    let home = gateway.http.get(&format!("/payment/home?link_id={}", link.text)).await;
    for redirect in [sent_out.left, back, cancelled, home] {
        redirect.location();
        assert_eq!(redirect.header("cache-control"), "no-store");
        assert_eq!(redirect.header("referrer-policy"), "no-referrer");
        assert!(redirect.body.is_empty());
    }
}

#[tokio::test]
async fn the_demo_makes_a_payment_like_everybody() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let form =
        [("amount", "25.00"), ("note", "Order 1042"), ("callback", "saved"), ("index", "0"), ("one_time_token", "on")];
    let pay_link = gateway.http.submit("/demo/pay", &form).await.location();
    let link = crate::support::http::query_value(&pay_link, "link_id");
    let sent_out = gateway.http.leave(&link).await;
    gateway.http.get(&sent_out.location).await.is(200).says("Approve").says("25.00 EUR");
    let redirect_uri = crate::support::http::query_value(&sent_out.location, "redirect_uri");
    let decide = [("redirect_uri", redirect_uri.as_str()), ("state", &sent_out.state), ("decision", "approve")];
    let back = gateway.http.submit("/sandbox/authorise", &decide).await.location();
    let home = gateway.http.get(&back).await.location();
    assert!(home.starts_with(&format!("{}/display-parameters?pay_id=", gateway.http.base())), "{home}");
    let token = crate::support::http::query_value(&home, "one-time-token");
    gateway.http.get(&home).await.is(200).says(&token).says("success");
    let redeem = [("one_time_token", token.as_str())];
    gateway.http.submit("/display-parameters/redeem", &redeem).await.is(200).says("200 OK").says("paid");
    gateway.http.submit("/display-parameters/redeem", &redeem).await.is(200).says("410 Gone");
    let evil = [("redirect_uri", "https://evil.example/"), ("state", &sent_out.state), ("decision", "approve")];
    assert!(!gateway.http.submit("/sandbox/authorise", &evil).await.is(400).has("location"));
}

#[tokio::test]
async fn a_page_of_somebody_elses_can_neither_show_the_demo_nor_post_to_it() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let port = gateway.http.base().rsplit(':').next().unwrap().to_owned();
    let pages = ["/demo", "/display-parameters?pay_id=1", "/sandbox/authorise?state=x&redirect_uri=y"];
    for page in pages {
        for own in ["localhost".to_owned(), format!("127.0.0.1:{port}"), "[::1]:9000".to_owned()] {
            assert_ne!(gateway.http.get_with(page, &[("host", &own)]).await.status, 421, "{page} by {own}");
        }
        for other in ["evil.example", "127.0.0.1.evil.example", "evil.example:8080", "localhost@evil.example", ""] {
            gateway.http.get_with(page, &[("host", other)]).await.is(421);
        }
    }
    let form = [("amount", "1"), ("callback", "list"), ("list", "https://x.example/,http://127.0.0.1:9/hit")];
    let posts = ["/demo/pay", "/demo/call", "/display-parameters/redeem", "/sandbox/authorise"];
    for page in posts {
        for elsewhere in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://127.0.0.1"), ("sec-fetch-site", "same-site")],
        ] {
            gateway.http.submit_with(page, &form, elsewhere).await.is(403);
        }
        for here in
            [&[][..], &[("origin", "null"), ("sec-fetch-site", "same-origin")], &[("origin", "http://localhost")]]
        {
            assert_ne!(gateway.http.submit_with(page, &form, here).await.status, 403, "{page} from {here:?}");
        }
    }
}

#[tokio::test]
async fn the_demo_says_which_field_is_wrong_and_shows_the_very_call() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let form = |amount: &'static str, callback: &'static str, list: &'static str| {
        [("amount", amount), ("note", "It\u{2019}s Order 7"), ("callback", callback), ("list", list), ("app", list)]
    };
    for (amount, callback, list, field, label) in [
        ("-1", "saved", "", "amount", "Amount in EUR: "),
        ("", "saved", "", "amount", "Amount in EUR: "),
        ("1", "list", "", "list", "A list: "),
        ("1", "app", "javascript:alert(1)", "app", "Link into the app: "),
    ] {
        let page = gateway.http.submit("/demo/pay", &form(amount, callback, list)).await.is(422).says(label);
        let html = String::from_utf8(page.body.clone()).unwrap();
        let wrong: Vec<&str> = html.split('<').filter(|tag| tag.contains("aria-invalid")).collect();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains(&format!("id=\"{field}\"")) && wrong[0].contains("autofocus"), "{wrong:?}");
        assert!(!html.contains("callback_url:"), "a name of the wire reached a person");
    }
    gateway.http.submit("/demo/pay", &form("1,50", "saved", "")).await.is(303);
    let parts = ["&#34;amount&#34;: &#34;12.50&#34;", "0,https://shop.example/x", "createLink", "$KEY"];
    let shown = gateway.http.submit("/demo/call", &form("12,50", "list", "0,https://shop.example/x")).await.is(200);
    parts.into_iter().fold(shown, |shown, part| shown.says(part));
}

#[tokio::test]
async fn files_are_kept_and_asked_for_again_by_their_tag() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let plain = |asset: &Asset| (format!("/static/{}", asset.name), "public, max-age=300");
    let by_content = |asset: &Asset| (asset.url.clone(), "public, max-age=31536000, immutable");
    for (page, kept) in assets::all().flat_map(|asset| [plain(asset), by_content(asset)]) {
        let file = gateway.http.get(&page).await.is(200);
        assert_eq!(file.header("cache-control"), kept, "{page}");
        assert!(!file.body.is_empty());
        let tag = file.header("etag");
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let same = gateway.http.get_with(&page, &[("if-none-match", &known)]).await.is(304);
            assert!(same.body.is_empty());
            assert_eq!((same.header("etag"), same.header("cache-control").as_str()), (tag.clone(), kept));
        }
        gateway.http.get_with(&page, &[("if-none-match", "\"other\"")]).await.is(200);
    }
    for nothing in ["/static/", "/static/x", "/static/..%2Fopenapi.json", "/static/openapi.json", "/static/%00"] {
        gateway.http.get(nothing).await.is(404);
    }
    // While nodes are upgraded one by one, a page of another version is not left without its looks.
    let other = gateway.http.get("/static/handback.000000000000.css").await.is(200);
    assert_eq!(other.header("cache-control"), "no-store");
    for nothing in
        ["handback.00000000000.css", "handback.00000000000g.css", "handback.000000000000.js", "handback..css"]
    {
        gateway.http.get(&format!("/static/{nothing}")).await.is(404);
    }
    let icon = gateway.http.get("/favicon.ico").await.is(200);
    assert_eq!(icon.header("cache-control"), "public, max-age=300");
}

#[tokio::test]
async fn all_that_a_golden_page_loads_is_served_and_kept_for_ever() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let folders = ["", "/console"].map(|folder| format!("{}/tests/pages{folder}", env!("CARGO_MANIFEST_DIR")));
    let pages = folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    for page in pages.map(|page| page.unwrap().path()).filter(|page| page.is_file()) {
        let html = std::fs::read_to_string(page).unwrap();
        let loaded: Vec<&str> = html.split('"').filter(|part| part.starts_with("/static/")).collect();
        assert!(loaded.len() >= 2, "{html}");
        for url in loaded {
            let named = |asset: &&Asset| asset.name == url["/static/".len()..].replace(".HASH.", ".");
            assert!(url.contains(".HASH."), "{url}");
            // A merchant's colour is no file: its address says which it is.
            let color = url.strip_prefix("/static/color-").and_then(|rest| rest.split('.').next());
            let color = color.map(|color| Palette::of(Color::parse("color", &format!("#{color}")).unwrap()).url());
            let address = color.unwrap_or_else(|| assets::all().find(named).unwrap().url.clone());
            let file = gateway.http.get(&address).await.is(200);
            assert!(file.header("cache-control").ends_with("immutable"), "{url}");
        }
    }
}

#[tokio::test]
async fn addresses_that_have_nothing_say_so() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    let merchant = gateway.merchant("Shop");
    for path in ["/nothing", "/payment/x", "/return", "/return/", "/secpaid", "/.env", "/health", "/%2e%2e/etc/passwd"]
    {
        gateway.http.get(path).await.is(404).says("Page not found");
    }
    for path in ["/nothing", "/profile/x", "/journeys/1/x", "/"] {
        let refused = merchant.look(path).await.is(404);
        assert_eq!(refused.header("content-type"), "application/problem+json", "{path}");
    }
    for (path, status) in [("/livez", "alive"), ("/readyz", "ready")] {
        assert_eq!(gateway.http.get(path).await.is(200).json(), json!({ "status": status }));
        assert_eq!(gateway.http.send(Method::HEAD, path, &[], "").await.status, 200, "load balancers use HEAD too");
    }
}

#[tokio::test]
async fn the_demo_speaks_each_api() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    for (api, page) in [
        ("secpaid", "/payment?link_id="),
        ("handback", "/payment?link_id="),
        ("token_io", "/token-io/session/pm2:"),
        ("ixopay", "/ixopay/redirect/"),
        ("ixopay", "/ixopay/redirect/"),
    ] {
        let form = [("api", api), ("amount", "25.00"), ("note", "Order-1042"), ("callback", "saved"), ("index", "0")];
        let pay_link = gateway.http.submit("/demo/pay", &form).await.location();
        assert!(pay_link.starts_with(&format!("{}{page}", gateway.http.base())), "{api}: {pay_link}");
        let wrong = [("api", api), ("amount", "a lot"), ("callback", "saved"), ("index", "0")];
        gateway.http.submit("/demo/pay", &wrong).await.is(422).says("Amount in EUR");
    }
}

#[tokio::test]
async fn the_demo_shows_payments_that_no_browser_brings_home() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    for (path, calls) in [("/demo/never-returns", 2), ("/demo/attached", 3)] {
        let page = gateway.http.submit(path, &[("amount", "25.00")]).await.location();
        let shown = gateway.http.get(&page).await.is(200).says("away").says("nobody, so far");
        assert_eq!(shown.text().matches("curl -s").count(), calls, "{path}");
        gateway.wait(std::time::Duration::from_secs(10));
        eventually("the app knows", async || gateway.http.get(&page).await.is(200).text().contains("<dd>paid</dd>"))
            .await;
        gateway.http.get(&page).await.says("nobody, so far");
        gateway.http.submit(path, &[("amount", "a lot")]).await.is(422);
    }
    for id in ["", "x", "57bf2b44-e571-4dda-95b4-5a8d37b4ac3e", "../profile"] {
        gateway.http.get(&format!("/demo/without-browser?journey_id={id}")).await.is(404);
    }
}

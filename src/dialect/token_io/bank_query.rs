//! `POST /callback/initiation`: a bank has answered the app itself, and the app hands the answer over (contracts,
//! section 2).

use crate::dialect::Object;
use crate::domain::Invalid;

/// The longest query that is read, in bytes: a signed answer of a bank is a few thousand.
const MAX_QUERY: usize = 16 * 1024;

/// Reads `{"query": "k=v&k2=v2"}`: the parameters that the bank's redirect had, decoded once.
///
/// # Errors
/// When there is no query, or it is too long. A leading question mark is taken off, as apps forget to.
pub fn read_bank_query(body: &[u8]) -> Result<Vec<(String, String)>, Invalid> {
    let body = Object::of_body(body)?;
    let query = body.needed_code("query")?;
    if query.len() > MAX_QUERY {
        return Err(Invalid::new("query", format!("is longer than {MAX_QUERY} bytes")));
    }
    let query = query.strip_prefix('?').unwrap_or(&query);
    Ok(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Vec<(String, String)> {
        read_bank_query(serde_json::json!({ "query": query }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_query_is_taken_apart_as_a_browser_would_have_brought_it() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("code", "a b&c"), pair("state", "s"), pair("iss", "https://bank.example")];
        for query in
            ["code=a%20b%26c&state=s&iss=https%3A%2F%2Fbank.example", "?code=a+b%26c&state=s&iss=https://bank.example"]
        {
            assert_eq!(read(query), expected, "{query}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused_by_its_field() {
        for bad in ["{}", r#"{"query":7}"#, r#"{"query":""}"#, r#"{"query":null}"#] {
            assert_eq!(read_bank_query(bad.as_bytes()).unwrap_err().field(), "query", "{bad}");
        }
        let long = serde_json::json!({ "query": "x".repeat(MAX_QUERY + 1) }).to_string();
        assert!(read_bank_query(long.as_bytes()).unwrap_err().rule().contains("longer than 16384 bytes"));
        assert_eq!(read_bank_query(b"[]").unwrap_err().field(), "body");
    }
}
